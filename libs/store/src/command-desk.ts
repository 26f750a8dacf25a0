/**
 * The waiting side of commands: appends one and waits for its answer.
 *
 * 1. An answer is given only for a command whose effect is durable (the leader answers after its commit).
 * 2. A refusal `UNAVAILABLE` means that the command is not in the stream and never will be, unless it says otherwise:
 *    when the append itself got no reply, the outcome is `OUTCOME_UNKNOWN`.
 * 3. `OUTCOME_UNKNOWN` means that asking again with the same key is safe, and gives the first answer.
 */
import { randomUUID } from "node:crypto";
import { AppError } from "@mirrorbook/kernel";
import type {
  Answer,
  StreamCommand,
  StreamCommandAnswers,
  StreamCommandBody,
} from "@mirrorbook/protocol";
import { type AnswerText, answerChannel, parseAnswers } from "./answer-channel.ts";
import { appendCommand } from "./command-stream.ts";
import type { RedisClient } from "./redis.ts";

export const ANSWER_TIMEOUT_MS = 5_000;
/** Commands of one process that may wait at a time; more are refused, which is what a full desk should say. */
export const COMMANDS_WAITING_MAX = 10_000;

export type AnswerTo<B extends StreamCommandBody> = Answer<StreamCommandAnswers[B["type"]]>;

export interface CommandDeskOptions {
  /** A `command` connection. */
  readonly redis: RedisClient;
  /** A `subscriber` connection; the gateway's own will do. */
  readonly subscriber: RedisClient;
  readonly node: string;
  /** False refuses at once, e.g. while no leader is heard; commands would only pile up. */
  readonly accepting?: () => boolean;
  readonly answerTimeoutMs?: number;
  readonly waitingMax?: number;
}

/** What one attempt at a command has of its own. */
export type Attempt = Pick<StreamCommand, "sentAtMs" | "traceparent">;

interface Waiting {
  readonly settle: (answer: AnswerText) => void;
  readonly fail: (error: AppError) => void;
  readonly timer: NodeJS.Timeout;
}

export class CommandDesk implements AsyncDisposable {
  readonly #options: CommandDeskOptions;
  readonly #replyTo: string;
  readonly #channel: string;
  readonly #waiting = new Map<number, Waiting>();
  #nextRequestId = 1;
  #closed = false;

  private constructor(options: CommandDeskOptions) {
    this.#options = options;
    this.#replyTo = `${options.node}.${randomUUID()}`;
    this.#channel = answerChannel(this.#replyTo);
  }

  /** Opens the desk; settles when its answer channel is confirmed. @throws when Redis refuses the subscription. */
  static async open(options: CommandDeskOptions): Promise<CommandDesk> {
    const desk = new CommandDesk(options);
    options.subscriber.on("smessage", desk.#onMessage);
    await options.subscriber.ssubscribe(desk.#channel);
    return desk;
  }

  /** Commands that wait for an answer now. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Sends a command for `userId` (from a verified token) and gives the leader's answer, refusals included.
   *
   * @throws {AppError} UNAVAILABLE or OUTCOME_UNKNOWN (both `retry`): see 2 and 3 above.
   */
  async submit<B extends StreamCommandBody>(
    userId: string,
    key: string,
    body: B,
    attempt?: Attempt,
  ): Promise<AnswerTo<B>> {
    return (await this.send(userId, key, body, attempt)).read();
  }

  /** The same for whoever passes the answer on: it comes unread. */
  async send<B extends StreamCommandBody>(
    userId: string,
    key: string,
    body: B,
    attempt: Attempt = {},
  ): Promise<AnswerText<StreamCommandAnswers[B["type"]]>> {
    const { redis, accepting = () => true, waitingMax = COMMANDS_WAITING_MAX } = this.#options;
    if (this.#closed || redis.status !== "ready" || !accepting()) {
      throw new AppError("UNAVAILABLE", "The exchange cannot take commands right now.");
    }
    if (this.#waiting.size >= waitingMax) {
      throw new AppError("UNAVAILABLE", "Too many commands are waiting; try again shortly.");
    }
    const requestId = this.#nextRequestId++;
    const answer = this.#wait(requestId);
    answer.catch(() => {}); // It may fail while the append is still awaited; the caller gets it all the same.
    try {
      const command = { userId, key, replyTo: this.#replyTo, requestId, body, ...attempt };
      await appendCommand(redis, command);
    } catch (error) {
      this.#settle(requestId)?.fail(
        new AppError("OUTCOME_UNKNOWN", "Redis did not confirm; retry with the same id.", {
          cause: error,
        }),
      );
    }
    return answer as Promise<AnswerText<StreamCommandAnswers[B["type"]]>>;
  }

  /** Subscribes to the answer channel once more; harmless. For a gateway whose path fell silent. */
  async resubscribe(): Promise<void> {
    await this.#options.subscriber.ssubscribe(this.#channel);
  }

  /** Refuses new commands and lets those that wait go with OUTCOME_UNKNOWN. */
  async close(): Promise<void> {
    this.#closed = true;
    const { subscriber } = this.#options;
    subscriber.off("smessage", this.#onMessage);
    for (const requestId of [...this.#waiting.keys()]) {
      this.#settle(requestId)?.fail(unknownOutcome("This node is stopping"));
    }
    await subscriber.sunsubscribe(this.#channel).catch(() => {}); // Gone with the connection.
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  readonly #onMessage = (channel: string, message: string): void => {
    if (channel !== this.#channel) return;
    for (const [requestId, answer] of parseAnswers(message)) {
      this.#settle(requestId)?.settle(answer);
    }
  };

  #wait(requestId: number): Promise<AnswerText> {
    const { answerTimeoutMs = ANSWER_TIMEOUT_MS } = this.#options;
    return new Promise((settle, fail) => {
      const timer = setTimeout(() => {
        this.#settle(requestId)?.fail(unknownOutcome(`No answer within ${answerTimeoutMs} ms`));
      }, answerTimeoutMs);
      this.#waiting.set(requestId, { settle, fail, timer });
    });
  }

  /** Takes a waiting command off the list, so that it is settled once. */
  #settle(requestId: number): Waiting | undefined {
    const waiting = this.#waiting.get(requestId);
    if (waiting === undefined) return undefined;
    this.#waiting.delete(requestId);
    clearTimeout(waiting.timer);
    return waiting;
  }
}

function unknownOutcome(why: string): AppError {
  return new AppError("OUTCOME_UNKNOWN", `${why}; retry with the same id to learn the outcome.`);
}
