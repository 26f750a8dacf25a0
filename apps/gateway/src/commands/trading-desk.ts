import { randomUUID } from "node:crypto";
import { AppError, type Clock, invariant } from "@mirrorbook/kernel";
import type { StreamCommandAnswers, StreamCommandBody } from "@mirrorbook/protocol";
import { type AnswerText, type CommandDesk, lastSeqs, type RedisClient } from "@mirrorbook/store";
import type { Tracing } from "@mirrorbook/tracing";
import type { RateLimits } from "../limits/rate-limits.ts";

/** Users known to have an account; forgetting one costs a read. */
const KNOWN_ACCOUNTS_MAX = 50_000;
const OPEN_ACCOUNT_KEY = "gateway-account-open";

/** What the leader accepted. */
export class Answered<T> {
  /** As it came; for whoever passes it on. */
  readonly answer: AnswerText<T>;

  constructor(answer: AnswerText<T>) {
    this.answer = answer;
  }

  get value(): T {
    const answer = this.answer.read();
    invariant(answer.ok, "a refusal is thrown, not given");
    return answer.value;
  }

  /** The first answer, given again to a repeated key. */
  get replayed(): boolean {
    return this.answer.replayed;
  }
}

export type CommandOutcome = "ok" | "refused" | "failed";

export interface TradingDeskOptions {
  readonly desk: CommandDesk;
  readonly redis: RedisClient;
  readonly limits: RateLimits;
  readonly clock: Clock;
  readonly tracing: Tracing | null;
  readonly onAnswered: (command: string, outcome: CommandOutcome, tookMs: number) => void;
}

/** Takes users' commands to the leader and brings its answers back; refusals become errors with their code. */
export class TradingDesk {
  readonly #options: TradingDeskOptions;
  /** By user; a promise while the account is being opened. */
  readonly #accounts = new Map<string, Promise<void>>();

  constructor(options: TradingDeskOptions) {
    this.#options = options;
  }

  /** Commands that wait for an answer now. */
  get waiting(): number {
    return this.#options.desk.waiting;
  }

  /**
   * Sends one command. Without a `key` it gets one of its own, so that it is applied at most once but cannot be retried;
   * `sentAtMs` is the client's, see `Command`.
   *
   * @throws {AppError} what the leader refuses; RATE_LIMITED; UNAVAILABLE or OUTCOME_UNKNOWN, see `CommandDesk`.
   */
  async submit<B extends StreamCommandBody>(
    userId: string,
    key: string | undefined,
    body: B,
    sentAtMs?: number,
  ): Promise<Answered<StreamCommandAnswers[B["type"]]>> {
    await this.#options.limits.order(userId);
    await this.ensureAccount(userId);
    return this.#send(userId, key ?? `g-${randomUUID()}`, body, sentAtMs);
  }

  /** Opens the user's account unless there is one; for whoever comes with a token of an outside provider, too. */
  async ensureAccount(userId: string): Promise<void> {
    const known = this.#accounts.get(userId);
    if (known !== undefined) return known;
    const opening = this.#openAccount(userId);
    this.#remember(userId, opening);
    try {
      await opening;
    } catch (error) {
      this.#accounts.delete(userId);
      throw error;
    }
  }

  async #openAccount(userId: string): Promise<void> {
    const [seq] = await this.#lastSeq(userId);
    if (seq === 0) await this.#send(userId, OPEN_ACCOUNT_KEY, { type: "account:open" });
  }

  async #lastSeq(userId: string): Promise<readonly number[]> {
    try {
      return await lastSeqs(this.#options.redis, [userId]);
    } catch (cause) {
      throw new AppError("UNAVAILABLE", "Accounts cannot be read now; try again.", { cause });
    }
  }

  async #send<B extends StreamCommandBody>(
    userId: string,
    key: string,
    body: B,
    sentAtMs?: number,
  ): Promise<Answered<StreamCommandAnswers[B["type"]]>> {
    const { desk, clock, tracing, onAnswered } = this.#options;
    const startedAtMs = clock.monotonicMs();
    let outcome: CommandOutcome = "failed";
    try {
      const answer =
        tracing === null
          ? await desk.send(userId, key, body, { sentAtMs })
          : await tracing.within(`command ${body.type}`, (span) =>
              desk.send(userId, key, body, { sentAtMs, traceparent: span?.traceparent }),
            );
      outcome = answer.ok ? "ok" : "refused";
      if (answer.ok) return new Answered(answer);
      const refused = answer.read();
      invariant(!refused.ok, "an answer is what its beginning says");
      const { code, message, details } = refused.error;
      throw new AppError(code, message, details === undefined ? {} : { details });
    } finally {
      onAnswered(body.type, outcome, clock.monotonicMs() - startedAtMs);
    }
  }

  #remember(userId: string, opening: Promise<void>): void {
    this.#accounts.set(userId, opening);
    if (this.#accounts.size <= KNOWN_ACCOUNTS_MAX) return;
    this.#accounts.delete(this.#accounts.keys().next().value!);
  }
}
