export { type TracingSettings, tracingSettings } from "./settings.ts";
export { startTracing } from "./start-tracing.ts";
export type { Span, Tracing } from "./tracing.ts";
