/** A user who trades, and asks again with the same key until the outcome is known: the SDK's way, in a few lines. */
import type { Answer, CommandBody } from "@mirrorbook/protocol";
import { limitOrder, marketOrder } from "../fixtures.ts";
import type { SimRedis } from "./sim-redis.ts";
import type { SimWorld } from "./sim-world.ts";

const ANSWER_TIMEOUT_MS = 5_000;
const RETRY_AFTER_MS = 200;
/** Where gateways freeze: how often a copy lies in one, and for how long at most. */
const HELD_UP = { share: 0.15, maxMs: 6_000 };
/** By when the client has noticed, and asked another gateway. */
const NOTICED_WITHIN_MS = 1_000;
/** Commands sent at once, so that commits of one user are under way one behind the other. */
const BURST = 4;

export interface SentCommand {
  readonly key: string;
  readonly body: CommandBody;
  /** All answers that came, in time or late, in order. */
  readonly answers: Answer<unknown>[];
  /** Knows its outcome. */
  done: boolean;
  /** What the client was left with. */
  outcome: Answer<unknown> | null;
}

let requests = 0;

export class SimClient {
  readonly userId: string;
  readonly commands: SentCommand[] = [];
  readonly #world: SimWorld;
  readonly #redis: SimRedis;
  /** Whether gateways freeze with its commands in them. */
  readonly #isHeldUp: boolean;
  #trading = true;

  constructor(userId: string, world: SimWorld, redis: SimRedis, isHeldUp: boolean) {
    this.userId = userId;
    this.#world = world;
    this.#redis = redis;
    this.#isHeldUp = isHeldUp;
    world.after(world.random.between(0, 500), () => this.#send({ type: "account:open" }));
  }

  /** Starts nothing new; what is open is pursued. */
  stop(): void {
    this.#trading = false;
  }

  get settled(): boolean {
    return this.commands.every(({ done }) => done);
  }

  #send(body: CommandBody): void {
    const command: SentCommand = {
      key: `${this.userId}-${this.commands.length}`,
      body,
      answers: [],
      done: false,
      outcome: null,
    };
    this.commands.push(command);
    this.#ask(command);
  }

  #ask(command: SentCommand): void {
    const world = this.#world;
    const requestId = ++requests;
    let answeredOrGivenUp = false;
    this.#redis.waiting.set(requestId, (answer) => {
      world.after(world.random.between(0.1, 2), () => {
        command.answers.push(answer);
        if (answeredOrGivenUp) return;
        answeredOrGivenUp = true;
        this.#onAnswer(command, answer);
      });
    });
    const { key, body } = command;
    const sentAtMs =
      body.type === "order:place" && this.#redis.defences.sentAt ? world.monotonicMs : undefined;
    const isHeldUp = this.#isHeldUp && world.random.chance(HELD_UP.share);
    world.after(world.random.between(0.1, isHeldUp ? HELD_UP.maxMs : 2), () =>
      this.#redis.append({ userId: this.userId, key, requestId, body, sentAtMs }),
    );
    world.after(isHeldUp ? world.random.between(0, NOTICED_WITHIN_MS) : ANSWER_TIMEOUT_MS, () => {
      if (answeredOrGivenUp) return;
      answeredOrGivenUp = true;
      this.#ask(command);
    });
  }

  #onAnswer(command: SentCommand, answer: Answer<unknown>): void {
    const isUnknown = !answer.ok && ["OUTCOME_UNKNOWN", "UNAVAILABLE"].includes(answer.error.code);
    if (isUnknown) {
      this.#world.after(RETRY_AFTER_MS, () => this.#ask(command));
      return;
    }
    command.done = true;
    command.outcome = answer;
    if (!this.#trading || this.#open > 1) return;
    const { random } = this.#world;
    this.#world.after(random.between(5, 300), () => {
      for (let burst = random.chance(0.4) ? BURST : 1; burst > 0; burst--) this.#trade();
    });
  }

  get #open(): number {
    return this.commands.filter(({ done }) => !done).length;
  }

  #trade(): void {
    if (!this.#trading) return;
    const { random } = this.#world;
    const side = random.chance(0.55) ? "buy" : "sell";
    const quantity = random.between(0.01, 0.3).toFixed(5);
    const action = random.next();
    if (action < 0.55) {
      this.#send(marketOrder({ side, quantity }));
    } else if (action < 0.9) {
      const price = (10_000 + random.between(-6, 6)).toFixed(2);
      this.#send(limitOrder({ side, quantity, price }));
    } else {
      this.#send({ type: "order:cancel_all", account: null, symbol: null });
    }
  }
}
