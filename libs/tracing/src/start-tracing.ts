import type { TracingSettings } from "./settings.ts";
import type { Tracing } from "./tracing.ts";

/** Starts tracing as configured; `null` when that is not at all, and then nothing of OpenTelemetry is loaded. */
export async function startTracing(
  settings: TracingSettings,
  process: { readonly app: string; readonly node: string },
): Promise<Tracing | null> {
  if (settings.TRACE_EXPORTER === "off") return null;
  const { startProvider } = await import("./provider.ts");
  const { Tracing } = await import("./tracing.ts");
  return new Tracing(await startProvider(settings, process));
}
