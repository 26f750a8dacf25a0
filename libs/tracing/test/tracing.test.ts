/** The promises of `tracing.ts`, with the library's real provider and, for the last, no collector at all. */
import { expect, test } from "@jest/globals";
import { freePort } from "@mirrorbook/testkit";
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import { startTracing } from "../src/index.ts";
import { Tracing } from "../src/tracing.ts";

const TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN_ID = "00f067aa0ba902b7";
const OFF = {
  TRACE_EXPORTER: "off",
  TRACE_OTLP_URL: "http://127.0.0.1:4318/v1/traces",
  TRACE_SAMPLE_RATIO: 1,
} as const;

function recorded() {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  return { tracing: new Tracing(provider), spans: () => exporter.getFinishedSpans() };
}

test("off gives nothing to hold", async () => {
  expect(await startTracing(OFF, { app: "gateway", node: "one" })).toBeNull();
});

test("what runs within a span finds it, and steps hang below it", async () => {
  const { tracing, spans } = recorded();
  const value = await tracing.receive("receive", undefined, () =>
    tracing.within("command", async (span) => {
      expect(tracing.current).toBe(span);
      return 7;
    }),
  );
  expect([value, tracing.current]).toEqual([7, null]);
  const [command, receive] = spans();
  expect(command!.parentSpanContext?.spanId).toBe(receive!.spanContext().spanId);
});

test("a sampled context from elsewhere is gone on with, one that says no is not, nonsense starts anew", async () => {
  const { tracing, spans } = recorded();
  const traceIdOf = async (traceparent: string) => {
    let traceId: string | undefined;
    await tracing.receive("receive", traceparent, async () => {
      traceId = tracing.current?.traceId;
    });
    return traceId;
  };
  expect(await traceIdOf(`00-${TRACE_ID}-${SPAN_ID}-01`)).toBe(TRACE_ID);
  expect(await traceIdOf(`00-${TRACE_ID}-${SPAN_ID}-00`)).toBeUndefined();
  expect(await traceIdOf("nonsense")).not.toBe(TRACE_ID);
  expect(spans()).toHaveLength(2);
});

test("without a trace nothing is followed, and a step alone is no span", async () => {
  const { tracing, spans } = recorded();
  expect(tracing.follow("apply", undefined)).toBeNull();
  expect(await tracing.within("command", async (span) => span)).toBeNull();
  expect(spans()).toEqual([]);
});

test("a failure is noted by its code and thrown on", async () => {
  const { tracing, spans } = recorded();
  const failing = tracing.receive("receive", undefined, async () => {
    throw Object.assign(new Error("no"), { code: "MARKET_STALE" });
  });
  await expect(failing).rejects.toThrow("no");
  expect(spans()[0]!.status.message).toBe("MARKET_STALE");
});

test("a collector that is away fails nobody, and does not hold up the end", async () => {
  const settings = {
    ...OFF,
    TRACE_EXPORTER: "otlp",
    TRACE_OTLP_URL: `http://127.0.0.1:${await freePort()}/v1/traces`,
  } as const;
  const tracing = await startTracing(settings, { app: "gateway", node: "one" });
  expect(await tracing!.receive("receive", undefined, async () => "served")).toBe("served");
  await tracing!.close();
});
