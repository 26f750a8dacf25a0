/** What the hub needs of an ioredis client, or cluster, that is given to it for sharded subscriptions alone. */
export interface SubscriberClient {
  ssubscribe(...channels: string[]): Promise<unknown>;
  sunsubscribe(...channels: string[]): Promise<unknown>;
  on(event: string, listener: (...args: never[]) => void): unknown;
  off(event: string, listener: (...args: never[]) => void): unknown;
}

export interface SubscriberHooks {
  /** Every channel is subscribed again after the connection was lost. What came meanwhile did not arrive. */
  onResubscribed(): void;
  onProblem(problem: string, error: unknown): void;
}

type Confirmation = "confirmed" | Promise<void> | null;

/**
 * The subscriber as the adapter uses it, with the promises that the adapter does not wait for.
 *
 * `createShardedAdapter` starts SSUBSCRIBE and goes on: nobody learns when it took effect, and a rejection has no
 * handler, which ends a Node process. Here each channel has its latest confirmation, `null` when it must be asked for
 * again.
 */
export class TrackedSubscriber {
  readonly #client: SubscriberClient;
  readonly #hooks: SubscriberHooks;
  readonly #channels = new Map<string, Confirmation>();
  #wasLost = false;

  readonly #onClose = () => {
    this.#wasLost = true;
    for (const channel of this.#channels.keys()) this.#channels.set(channel, null);
  };

  readonly #onReady = () => {
    if (this.#wasLost) void this.#resubscribe();
  };

  constructor(client: SubscriberClient, hooks: SubscriberHooks) {
    this.#client = client;
    this.#hooks = hooks;
    client.on("close", this.#onClose);
    client.on("ready", this.#onReady);
  }

  /** Part of the client's face that the adapter uses: it listens to `smessageBuffer`. */
  on(event: string, listener: (...args: never[]) => void): this {
    this.#client.on(event, listener);
    return this;
  }

  ssubscribe(channel: string): Promise<void> {
    const confirmation = this.#client.ssubscribe(channel).then(() => undefined);
    this.#channels.set(channel, confirmation);
    const settle = (outcome: "confirmed" | null) => {
      if (this.#channels.get(channel) === confirmation) this.#channels.set(channel, outcome);
    };
    confirmation.then(
      () => settle("confirmed"),
      (error: unknown) => {
        settle(null);
        this.#hooks.onProblem("a subscription failed", error);
      },
    );
    return confirmation;
  }

  sunsubscribe(channels: string | string[]): void {
    for (const channel of [channels].flat()) {
      this.#channels.delete(channel);
      this.#client.sunsubscribe(channel).catch((error: unknown) => {
        this.#hooks.onProblem("an unsubscription failed", error);
      });
    }
  }

  /** Resolves when Redis has confirmed `channel`; asks again when an earlier try failed or the connection was lost. */
  async confirmed(channel: string): Promise<void> {
    if (!this.#channels.has(channel) || this.isConfirmed(channel)) return;
    await (this.#channels.get(channel) ?? this.ssubscribe(channel));
  }

  isConfirmed(channel: string): boolean {
    return this.#channels.get(channel) === "confirmed";
  }

  close(): void {
    this.#client.off("close", this.#onClose);
    this.#client.off("ready", this.#onReady);
  }

  /** ioredis subscribes again by itself, without telling when it is done; asking twice is harmless. */
  async #resubscribe(): Promise<void> {
    this.#wasLost = false;
    const channels = [...this.#channels.keys()];
    const outcomes = await Promise.allSettled(channels.map((channel) => this.ssubscribe(channel)));
    if (outcomes.every(({ status }) => status === "fulfilled")) this.#hooks.onResubscribed();
  }
}
