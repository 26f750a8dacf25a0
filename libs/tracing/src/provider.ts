/** OpenTelemetry, set up. Loaded only when there is something to trace. */
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  BatchSpanProcessor,
  ConsoleSpanExporter,
  ParentBasedSampler,
  SimpleSpanProcessor,
  type SpanProcessor,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import type { TracingSettings } from "./settings.ts";
import { SPANS_WAITING_MAX } from "./tracing.ts";

const EXPORT_EVERY_MS = 1_000;
const EXPORT_WITHIN_MS = 5_000;

export async function startProvider(
  settings: TracingSettings,
  { app, node }: { readonly app: string; readonly node: string },
): Promise<TracerProvider> {
  return new TracerProvider({
    resource: resourceFromAttributes({
      "service.name": `mirrorbook-${app}`,
      "service.instance.id": node,
    }),
    sampler: new ParentBasedSampler({
      root: new TraceIdRatioBasedSampler(settings.TRACE_SAMPLE_RATIO),
    }),
    spanProcessors: [await spanProcessor(settings)],
  });
}

async function spanProcessor(settings: TracingSettings): Promise<SpanProcessor> {
  if (settings.TRACE_EXPORTER === "console") {
    return new SimpleSpanProcessor({ exporter: new ConsoleSpanExporter() });
  }
  const { OTLPTraceExporter } = await import("@opentelemetry/exporter-trace-otlp-http");
  return new BatchSpanProcessor({
    exporter: new OTLPTraceExporter({
      url: settings.TRACE_OTLP_URL,
      timeoutMillis: EXPORT_WITHIN_MS,
    }),
    maxQueueSize: SPANS_WAITING_MAX,
    scheduledDelayMillis: EXPORT_EVERY_MS,
    exportTimeoutMillis: EXPORT_WITHIN_MS,
  });
}
