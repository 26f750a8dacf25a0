/**
 * Traces of single commands, from the client's message over the leader's commit to the delivery, in OpenTelemetry's terms.
 *
 * 1. Off costs nothing: nothing of OpenTelemetry is loaded, and callers hold `null` instead of a `Tracing` (`startTracing`).
 * 2. Whether a command is traced is decided once, where it comes in. What is not sampled is `null` from then on, and
 *    no context travels with it.
 * 3. Between processes travels a W3C `traceparent`; within one, `current` follows the asynchronous calls.
 * 4. Spans the collector does not take are dropped beyond `SPANS_WAITING_MAX`. No command ever waits for it.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { parseTraceParent } from "@opentelemetry/core";
import type { TracerProvider } from "@opentelemetry/sdk-trace";

export const SPANS_WAITING_MAX = 2_048;

/** A span that is being recorded. */
export interface Span {
  readonly traceId: string;
  /** For whoever goes on with the trace elsewhere. */
  readonly traceparent: string;
  /** Notes in a word what went wrong. */
  fail(code: string): void;
  end(): void;
}

export class Tracing {
  readonly #provider: TracerProvider;
  readonly #tracer: Tracer;
  readonly #current = new AsyncLocalStorage<Span>();

  constructor(provider: TracerProvider) {
    this.#provider = provider;
    this.#tracer = provider.getTracer("mirrorbook");
  }

  /** The span that the running step belongs to. */
  get current(): Span | null {
    return this.#current.getStore() ?? null;
  }

  /** Runs what came in from a client, in a span of the client's trace if it sent a sampled one, else of a new trace by chance. */
  receive<T>(name: string, traceparent: string | undefined, step: () => Promise<T>): Promise<T> {
    const span = this.#start(name, contextOf(traceparent) ?? ROOT_CONTEXT);
    return span === null ? step() : this.#run(span, step);
  }

  /** Runs a step of the current span as a span of its own; without a current one it just runs. */
  within<T>(name: string, step: (span: Span | null) => Promise<T>): Promise<T> {
    const parent = this.current;
    const span = parent === null ? null : this.follow(name, parent.traceparent);
    return span === null ? step(null) : this.#run(span, () => step(span));
  }

  /** Goes on with a trace from elsewhere; `null` when there is none. */
  follow(name: string, traceparent: string | undefined, attributes: Attributes = {}): Span | null {
    const parent = contextOf(traceparent);
    return parent === null ? null : this.#start(name, parent, attributes);
  }

  /** Hands over what was recorded, and ends. What the collector does not take by then is lost (4). */
  async close(): Promise<void> {
    await this.#provider.shutdown().catch(() => {});
  }

  async #run<T>(span: Span, step: () => Promise<T>): Promise<T> {
    try {
      return await this.#current.run(span, step);
    } catch (error) {
      span.fail(codeOf(error));
      throw error;
    } finally {
      span.end();
    }
  }

  #start(name: string, parent: Context, attributes: Attributes = {}): Span | null {
    const span = this.#tracer.startSpan(name, { attributes }, parent);
    if (!span.isRecording()) return null;
    const { traceId, spanId } = span.spanContext();
    return {
      traceId,
      traceparent: `00-${traceId}-${spanId}-01`,
      fail: (code) => void span.setStatus({ code: SpanStatusCode.ERROR, message: code }),
      end: () => span.end(),
    };
  }
}

/** `null` when the text is not a W3C traceparent: a client may send anything. */
function contextOf(traceparent: string | undefined): Context | null {
  if (traceparent === undefined) return null;
  const parsed = parseTraceParent(traceparent);
  return parsed === null ? null : trace.setSpanContext(ROOT_CONTEXT, { ...parsed, isRemote: true });
}

/** Our errors have a `code`; others have at least a name. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  return "code" in error ? String(error.code) : error.name;
}
