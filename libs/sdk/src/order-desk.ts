/**
 * Sends commands so that they take effect at most once and, where the server can be reached in time, exactly once: every
 * command has an id, and the same id with the same body gives the first answer again (P3).
 */
import { type Refusal, refusal } from "@mirrorbook/kernel";
import type {
  AmendOrder,
  Answer,
  CancelAll,
  CommandAnswers,
  CommandType,
  OrderPreview,
  OrderRef,
  PlaceOco,
  PlaceOrder,
  Transfer,
} from "@mirrorbook/protocol";
import { NoAnswerError } from "./no-answer-error.ts";
import { backoffMs, COMMAND_BACKOFF, mayRepeat } from "./retry-policy.ts";

/** The server itself gives up after 5 s and says `OUTCOME_UNKNOWN`; this is for when not even that arrives. */
export const COMMAND_TIMEOUT_MS = 7_000;
/** How long a command is repeated after it could have taken effect or could not be sent. */
export const RETRY_FOR_MS = 15_000;

export interface CommandWire {
  request<T>(message: string, body: unknown, timeoutMs: number): Promise<T>;
  whenUp(timeoutMs: number): Promise<boolean>;
}

export interface CommandOptions {
  /** Bounds the repeating; 0 sends once. Default `RETRY_FOR_MS`. */
  readonly retryForMs?: number;
}

/** Text such as "web-0f3a…", unique and safe as an idempotency key. */
export function makeId(prefix = "sdk"): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return `${prefix}-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/**
 * What is sent; a placement also says when each attempt was sent, so that an earlier one that was held up on its way is
 * not taken after a later one was refused.
 */
type Body = object | ((sentAt: number) => object);

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
export type CancelTarget = DistributiveOmit<OrderRef, "commandId">;

export class OrderDesk {
  readonly #wire: CommandWire;

  constructor(wire: CommandWire) {
    this.#wire = wire;
  }

  /** Places an order. Without a `clientOrderId` it gets one, so that repeating is safe. */
  placeOrder(order: PlaceOrder, options?: CommandOptions) {
    const placed = withId(order, "clientOrderId");
    return this.#send("order:place", (sentAt) => ({ ...placed, sentAt }), options);
  }

  /** Places a limit and a stop leg of which only one can take effect. */
  placeOco(order: PlaceOco, options?: CommandOptions) {
    const placed = withId(order, "clientOrderId");
    return this.#send("order:place_oco", (sentAt) => ({ ...placed, sentAt }), options);
  }

  cancelOrder(target: CancelTarget | string, options?: CommandOptions) {
    const body = typeof target === "string" ? { orderId: target } : target;
    return this.#send("order:cancel", withId(body, "commandId"), options);
  }

  /** Cancels all open orders, of one market or account if given. */
  cancelAll(scope: CancelAll = {}, options?: CommandOptions) {
    return this.#send("order:cancel_all", withId(scope, "commandId"), options);
  }

  /** Lowers the total quantity; the order keeps its place in the queue. */
  amendOrder(change: AmendOrder, options?: CommandOptions) {
    return this.#send("order:amend", withId(change, "commandId"), options);
  }

  /** Cancels one order and places another in one step; nothing changes when the new one is refused. */
  cancelReplace(orderId: string, order: PlaceOrder, options?: CommandOptions) {
    const placed = withId(order, "clientOrderId");
    const attempt = (sentAt: number) => ({ orderId, order: { ...placed, sentAt } });
    return this.#send("order:cancel_replace", attempt, options);
  }

  /** Adds virtual money. */
  deposit(transfer: Transfer, options?: CommandOptions) {
    return this.#send("account:deposit", withId(transfer, "commandId"), options);
  }

  withdraw(transfer: Transfer, options?: CommandOptions) {
    return this.#send("account:withdraw", withId(transfer, "commandId"), options);
  }

  /** Cancels everything and starts the portfolio anew. */
  resetAccount(account = "main", options?: CommandOptions) {
    return this.#send("account:reset", withId({ account }, "commandId"), options);
  }

  /**
   * Dead-man switch: all open orders are cancelled unless this is called again within `timeoutMs`; 0 switches it off.
   */
  cancelAfter(timeoutMs: number, options?: CommandOptions) {
    return this.#send("account:cancel_after", withId({ timeoutMs }, "commandId"), options);
  }

  /** What placing the order would do now. Changes nothing, so it is asked once and not repeated. */
  previewOrder(order: PlaceOrder): Promise<Answer<OrderPreview>> {
    return this.#send("order:preview", order, { retryForMs: 0 });
  }

  async #send<K extends CommandType>(
    message: K,
    body: Body,
    { retryForMs = RETRY_FOR_MS }: CommandOptions = {},
  ): Promise<Answer<CommandAnswers[K]>> {
    const deadline = performance.now() + retryForMs;
    let unknown = false;
    for (let attempt = 0; ; attempt++) {
      const left = Math.max(0, deadline - performance.now());
      if (!(await this.#wire.whenUp(left))) return { ok: false, error: unreached(unknown) };
      const answer = await this.#once<CommandAnswers[K]>(message, attemptAt(body, Date.now()));
      if (answer?.ok) return answer;
      if (answer !== null && !mayRepeat(answer.error.code, unknown)) return answer;
      if (answer === null || answer.error.code === "OUTCOME_UNKNOWN") unknown = true;

      const wait = backoffMs(attempt, Math.random(), COMMAND_BACKOFF);
      if (performance.now() + wait >= deadline) {
        return { ok: false, error: unknown ? unreached(true) : answer!.error };
      }
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }

  /** The server's answer; null when none came. */
  async #once<T>(message: string, body: unknown): Promise<Answer<T> | null> {
    try {
      return await this.#wire.request<Answer<T>>(message, body, COMMAND_TIMEOUT_MS);
    } catch (error) {
      if (error instanceof NoAnswerError) return null;
      throw error;
    }
  }
}

function attemptAt(body: Body, sentAt: number): object {
  return typeof body === "function" ? body(sentAt) : body;
}

function unreached(unknown: boolean): Refusal {
  return unknown
    ? refusal(
        "OUTCOME_UNKNOWN",
        "The connection went before an answer came. Repeating with the same id is safe.",
      )
    : refusal("UNAVAILABLE", "No server could be reached; nothing was sent.");
}

function withId<T extends object>(body: T, name: "clientOrderId" | "commandId"): T {
  const given = (body as Record<string, unknown>)[name];
  return given === undefined ? { ...body, [name]: makeId() } : body;
}
