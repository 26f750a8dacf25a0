import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "@jest/globals";
import type { PlacedOrder, UserEvent } from "@mirrorbook/protocol";
import { eventually, type TestClient, type TestCluster } from "@mirrorbook/testkit";

const PAUSE_MS = 20;
const RECOVERED_WITHIN_MS = 30_000;
const BUY = { pair: "BTCUSDT", side: "buy", type: "market", quantity: "0.0001" };

/**
 * One user on two gateways who places orders without end while a test breaks things, and asks again with the same id
 * whenever the answer allows it.
 */
export class Traffic {
  /** Codes of refusals met on the way. */
  readonly refusals = new Set<string>();
  /** Ids of acknowledged orders. */
  readonly orderIds: string[] = [];
  readonly #clients: readonly [TestClient, TestClient];
  readonly #since: number;
  readonly #sockets: (string | undefined)[];
  #running = false;
  #done: Promise<void> = Promise.resolve();

  private constructor(clients: [TestClient, TestClient], since: number) {
    this.#clients = clients;
    this.#since = since;
    this.#sockets = clients.map(({ socket }) => socket.id);
  }

  static async start(cluster: TestCluster): Promise<Traffic> {
    const here = await cluster.client("alice", { gateway: 0 });
    const there = await cluster.client("alice", { gateway: 1 });
    const since = (await here.connected()).seq ?? 0;
    const traffic = new Traffic([here, there], since);
    traffic.resume();
    return traffic;
  }

  /** Waits for `count` more acknowledged orders: the exchange works, or works again. */
  async flows(count = 10): Promise<void> {
    const wanted = this.orderIds.length + count;
    await eventually(() => expect(this.orderIds.length).toBeGreaterThanOrEqual(wanted), {
      withinMs: RECOVERED_WITHIN_MS,
    });
  }

  /** Waits until orders are refused with one of `codes`. */
  async isRefused(...codes: readonly string[]): Promise<void> {
    await eventually(() => expect(codes.some((code) => this.refusals.has(code))).toBe(true));
  }

  /**
   * Stops, and shows that nothing is missing or doubled: both connections never broke and heard the log, every number of
   * it, in order; each acknowledged order was filled once, and nothing else was.
   */
  async expectWhole(): Promise<void> {
    await this.pause();
    const log = await this.#log();
    expect(log.map(([, { seq }]) => seq)).toEqual(log.map((_, i) => this.#since + 1 + i));
    for (const [index, client] of this.#clients.entries()) {
      await eventually(() => expect(client.seqs.length).toBeGreaterThanOrEqual(log.length));
      expect(client.userEvents).toEqual(log);
      expect(client.socket.id).toBe(this.#sockets[index]);
    }
    const filled = this.#clients[0].of("order:filled").map(({ order }) => order.id);
    expect(filled.toSorted()).toEqual(this.orderIds.toSorted());
  }

  /** Places nothing more until `resume`; what is under way is finished. */
  async pause(): Promise<void> {
    this.#running = false;
    await this.#done;
  }

  resume(): void {
    this.#running = true;
    this.#done = this.#trade();
    this.#done.catch(() => {}); // Told by whoever waits for it.
  }

  async #log(): Promise<UserEvent[]> {
    const log: UserEvent[] = [];
    for (;;) {
      const since = log.at(-1)?.[1].seq ?? this.#since;
      const { body } = await this.#clients[0].rest<{ events: UserEvent[] }>(
        "GET",
        `events?since=${since}`,
      );
      if (body.events.length === 0) return log;
      log.push(...body.events);
    }
  }

  async #trade(): Promise<void> {
    while (this.#running) {
      const number = this.orderIds.length + 1;
      const client = this.#clients[number % 2]!;
      const id = await this.#place(client, `order-${number}`);
      this.orderIds.push(id);
      await sleep(PAUSE_MS);
    }
  }

  /** Places one order, however often it takes. */
  async #place(client: TestClient, clientOrderId: string): Promise<string> {
    for (;;) {
      const answer = await client.ask<PlacedOrder>("order:place", { ...BUY, clientOrderId });
      if (answer.ok) return answer.value.order.id;
      const { code, retry } = answer.error;
      if (!retry) throw new Error(`${clientOrderId} is refused for good: ${code}`);
      this.refusals.add(code);
      await sleep(PAUSE_MS);
    }
  }
}
