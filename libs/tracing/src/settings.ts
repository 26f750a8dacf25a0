import { z } from "zod";

/** The settings of tracing, the same in every app that takes part. */
export const tracingSettings = {
  /** Where traces of commands go: nowhere, to standard output, or to a collector. */
  TRACE_EXPORTER: z.enum(["off", "console", "otlp"]).default("off"),
  /** The collector; it gets OTLP as JSON over HTTP. */
  TRACE_OTLP_URL: z.url().default("http://127.0.0.1:4318/v1/traces"),
  /** Share of requests and messages that a gateway traces; those whose client traces them always are. */
  TRACE_SAMPLE_RATIO: z.coerce.number().min(0).max(1).default(0.01),
} as const;

const Settings = z.object(tracingSettings);
export type TracingSettings = Readonly<z.infer<typeof Settings>>;
