import type { Hub } from "@mirrorbook/fanout";
import { AppError, InvariantError, type Refusal, refusal } from "@mirrorbook/kernel";
import { AnswerText } from "@mirrorbook/store";
import type { Tracing } from "@mirrorbook/tracing";
import { withoutClaimedUser } from "../auth/claimed-user.ts";
import type { Logger } from "../logger.ts";
import type { Connection } from "../members/connection.ts";
import { badRequest } from "../rest/route.ts";
import type { Acknowledge, MessageSpec } from "./messages.ts";

const NAME_SHOWN_MAX = 40;

export interface AnsweringOptions {
  readonly hub: Hub;
  readonly messages: readonly MessageSpec[];
  readonly tracing: Tracing | null;
  readonly log: Logger;
}

/** Takes one message of a connection and answers it exactly once: by its acknowledgement, refusals else as `error`. */
export class Answering {
  readonly #hub: Hub;
  readonly #tracing: Tracing | null;
  readonly #log: Logger;
  readonly #messages: ReadonlyMap<string, MessageSpec>;

  constructor({ hub, messages, tracing, log }: AnsweringOptions) {
    this.#hub = hub;
    this.#tracing = tracing;
    this.#log = log;
    this.#messages = new Map(messages.map((message) => [message.name, message]));
  }

  /** `id` is what the acknowledgement has to name; `null` when none is wanted. */
  async take(
    connection: Connection,
    name: string,
    sent: unknown,
    id: number | null,
  ): Promise<void> {
    const { traceparent, body } = withoutTrace(sent);
    const acknowledge: Acknowledge | null =
      id === null ? null : (value) => this.#hub.acknowledge(connection.member, id, jsonText(value));
    const tracing = this.#tracing;
    if (tracing === null) return this.#answer(connection, name, body, acknowledge);
    const shown = this.#messages.has(name) ? name : "unknown";
    return tracing.receive(`receive ${shown}`, traceparent, () => {
      const { current } = tracing;
      const { traceId } = current ?? {};
      const told: Acknowledge = (value) => acknowledge?.({ ...readAnswer(value), traceId });
      return this.#answer(connection, name, body, current === null ? acknowledge : told);
    });
  }

  async #answer(
    connection: Connection,
    name: string,
    body: unknown,
    acknowledge: Acknowledge | null,
  ): Promise<void> {
    let answered = false;
    const answer = (value: unknown) => {
      if (answered) return;
      answered = true;
      acknowledge?.(value);
    };
    try {
      if (!this.#mayPass(connection)) return;
      answer((await this.#handle(connection, name, body, answer)) ?? { ok: true });
    } catch (failure) {
      const error = this.#refusalOf(failure);
      this.#tracing?.current?.fail(error.code);
      if (acknowledge === null) this.#hub.send(connection.member, [["error", error]]);
      answer({ ok: false, error });
    }
  }

  /** @throws {AppError} RATE_LIMITED; `false` when the connection has been cut for not heeding it. */
  #mayPass({ budget, member }: Connection): boolean {
    const verdict = budget.spend();
    if (verdict === "refuse") throw new AppError("RATE_LIMITED", "Too many messages in a second.");
    if (verdict === "disconnect") this.#hub.disconnect(member, "rate_limited");
    return verdict === "pass";
  }

  async #handle(
    connection: Connection,
    name: string,
    body: unknown,
    answer: (value: unknown) => void,
  ): Promise<unknown> {
    const message = this.#messages.get(name);
    if (message === undefined) {
      throw new AppError(
        "BAD_REQUEST",
        `There is no message ${JSON.stringify(name.slice(0, NAME_SHOWN_MAX))}.`,
      );
    }
    if (message.access === "user" && connection.identity === null) {
      throw new AppError("UNAUTHORIZED", "This needs a token.");
    }
    const input = message.schema.safeParse(withoutClaimedUser(body ?? {}, connection.identity));
    if (!input.success) throw badRequest(input.error);
    return message.handle(connection, input.data as never, answer);
  }

  /** A bug ends the process, not the request: it is thrown on. */
  #refusalOf(error: unknown): Refusal {
    if (error instanceof InvariantError) throw error;
    if (error instanceof AppError) return error.toRefusal();
    const traceId = this.#tracing?.current?.traceId;
    this.#log.error({ err: error, traceId }, "Unexpected failure in a socket handler");
    return refusal("INTERNAL", "Something failed here; try again with the same command id.");
  }
}

function jsonText(value: unknown): string {
  return value instanceof AnswerText ? value.text : JSON.stringify(value);
}

function readAnswer(value: unknown): object {
  return value instanceof AnswerText ? value.read() : (value as object);
}

/** Takes the trace context out of a message: every message may carry one, whatever else it consists of. */
function withoutTrace(message: unknown): { traceparent?: string; body: unknown } {
  const carries =
    typeof message === "object" && message !== null && Object.hasOwn(message, "traceparent");
  if (!carries) return { body: message };
  const { traceparent, ...body } = message as Record<string, unknown>;
  return typeof traceparent === "string" ? { traceparent, body } : { body };
}
