/** Traders of an even pace, whose acknowledgements are timed. */
import { callRest, guest } from "@mirrorbook/testkit";
import { io, type Socket } from "socket.io-client";
import { Histogram, type Times } from "../listeners/histogram.ts";

/**
 * Each sends one command in this time, whatever became of the one before: a late answer delays nobody's next. Counted from
 * its own beginning: intervals of equal length that are late once fall into step, and after half an hour all would trade in
 * the same moment.
 */
const STEP_EVERY_MS = 500;
const ANSWER_WITHIN_MS = 5_000;
/** Bought at first, so that fees in the base asset never leave a sale short. */
const STOCK = "0.05";
const QUANTITY = "0.001";
/** Share of the best bid at which an order rests until it is cancelled. */
const FAR = 0.95;

export class Traders implements Disposable {
  readonly userIds: string[] = [];
  readonly #acknowledged = new Histogram();
  readonly #sockets: Socket[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();
  #sent = 0;
  #commands = 0;
  #refused = 0;

  /** @param urls gateways, taken in turn. */
  static async start(urls: readonly string[], pair: string, count: number): Promise<Traders> {
    const traders = new Traders();
    for (let number = 0; number < count; number++) {
      await traders.#join(urls[number % urls.length]!, pair, number);
    }
    return traders;
  }

  /** Commands that were acknowledged, and that were refused or not answered in time, since the start. */
  get counts(): { readonly acknowledged: number; readonly failed: number } {
    return { acknowledged: this.#commands, failed: this.#refused };
  }

  /** Times of the acknowledgements since the last call. */
  takeTimes(): Times {
    const times = this.#acknowledged.times();
    this.#acknowledged.clear();
    return times;
  }

  [Symbol.dispose](): void {
    for (const timer of this.#timers) clearTimeout(timer);
    for (const socket of this.#sockets) socket.disconnect();
  }

  async #join(url: string, pair: string, number: number): Promise<void> {
    const { token, user } = await guest(url);
    this.userIds.push(user.id);
    const book = await callRest<{ bids: [string, string][] }>(url, "GET", `markets/${pair}/book`);
    const price = (Number(book.body.bids[0]![0]) * FAR).toFixed(2);
    const socket = io(url, { auth: { token }, transports: ["websocket"], forceNew: true });
    this.#sockets.push(socket);
    await new Promise((resolve) => socket.once("welcome", resolve));
    const order = { pair, quantity: QUANTITY };
    const keys = (step: number) => `soak-${number}-${step}`;
    await this.#ask(socket, "order:place", {
      ...order,
      side: "buy",
      type: "market",
      quantity: STOCK,
      clientOrderId: keys(-1),
    });
    const round = [
      (key: string) => [
        "order:place",
        { ...order, side: "buy", type: "market", clientOrderId: key },
      ],
      (key: string) => [
        "order:place",
        { ...order, side: "buy", type: "limit", price, clientOrderId: key },
      ],
      (_: string, before: string) => ["order:cancel", { clientOrderId: before }],
      (key: string) => [
        "order:place",
        { ...order, side: "sell", type: "market", clientOrderId: key },
      ],
    ] as const;
    this.#every(STEP_EVERY_MS, (step) => {
      const [message, body] = round[step % round.length]!(keys(step), keys(step - 1));
      void this.#ask(socket, message as string, body as object);
    });
  }

  #every(ms: number, act: (step: number) => void): void {
    const begunAtMs = performance.now();
    let step = 0;
    const wait = () => {
      const timer = setTimeout(
        () => {
          this.#timers.delete(timer);
          act(step++);
          wait();
        },
        begunAtMs + (step + 1) * ms - performance.now(),
      );
      this.#timers.add(timer);
    };
    wait();
  }

  async #ask(socket: Socket, message: string, body: object): Promise<void> {
    this.#sent += 1;
    const sentAtMs = performance.now();
    const answer = await socket
      .timeout(ANSWER_WITHIN_MS)
      .emitWithAck(message, body)
      .catch(() => null);
    if (answer?.ok !== true) {
      this.#refused += 1;
      return;
    }
    this.#commands += 1;
    this.#acknowledged.add(performance.now() - sentAtMs);
  }
}
