/**
 * The clients of `bench/orders.ts`: they place market orders and time what comes back; told what to do by IPC.
 *
 * Closed load keeps a number of orders under way, so it finds the rate that the system sustains. Open load sends by the
 * clock whatever comes back, and times every order from the moment it was due: an order that had to wait because the
 * system, or this process, was late, is late itself (no coordinated omission).
 */
import { RawClient } from "../clients/raw-client.ts";

export interface ConnectTraders {
  readonly kind: "connect";
  readonly group: string;
  readonly port: number;
  readonly tokens: readonly string[];
}

export interface ClosedLoad {
  readonly kind: "closed";
  readonly group: string;
  readonly underWay: number;
  readonly warmUpMs: number;
  readonly windowMs: number;
}

export interface OpenLoad {
  readonly kind: "open";
  readonly group: string;
  readonly perSecond: number;
  readonly durationMs: number;
}

export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
}

export interface ClosedResult {
  readonly ordersPerSecond: number;
  /** In all, those before and after the window too. */
  readonly orders: number;
}

export interface OpenResult {
  readonly orders: number;
  /** Refused, or without an answer in time: the system could not keep up. Not among the times below. */
  readonly failed: number;
  readonly ackMs: Percentiles;
  readonly eventMs: Percentiles;
}

const PAIR = "BTCUSDT";
const QUANTITY = "0.0001";
/** Bought at first, so that fees in the base asset never leave a sale short. */
const STOCK = "0.05";
const SETTLE_WITHIN_MS = 10_000;
const TICK_MS = 1;
const ACKNOWLEDGEMENT = Buffer.from("43");
const ACCEPTED = '[{"ok":true';
const FILLED = Buffer.from('42["order:filled"');
const CLIENT_ORDER_ID = '"clientOrderId":"';

interface Trader {
  readonly client: RawClient;
  orders: number;
}

/** When each order was due, by number; what came back of it. */
interface Timing {
  readonly dueMs: Float64Array;
  readonly ackMs: number[];
  readonly eventMs: number[];
}

class Group {
  readonly #traders: Trader[] = [];
  readonly #run = Math.random().toString(36).slice(2, 8);
  #sent = 0;
  #answered = 0;
  #failed = 0;
  #timing: Timing | null = null;
  #onAnswer: (trader: Trader) => void = () => {};

  async connect({ port, tokens }: ConnectTraders): Promise<void> {
    for (const token of tokens) {
      let trader: Trader | null = null;
      const onPacket = (data: Buffer, start: number, end: number) =>
        trader !== null && this.#onPacket(trader, data, start, end);
      const client = await RawClient.open({ port, auth: { token }, onPacket });
      trader = { client, orders: 0 };
      this.#traders.push(trader);
    }
    for (const trader of this.#traders) this.#place(trader, "buy", STOCK);
    await this.#settled();
  }

  async closed({ underWay, warmUpMs, windowMs }: ClosedLoad): Promise<ClosedResult> {
    const first = this.#sent;
    let sending = true;
    this.#onAnswer = (trader) => sending && this.#placeNext(trader);
    for (let i = 0; i < underWay; i++) this.#placeNext(this.#traders[i % this.#traders.length]!);
    await sleep(warmUpMs);
    const [startedAt, before] = [performance.now(), this.#answered];
    await sleep(windowMs);
    const ordersPerSecond = ((this.#answered - before) * 1_000) / (performance.now() - startedAt);
    if (this.#failed > 0) throw new Error(`${this.#failed} orders failed under closed load`);
    sending = false;
    await this.#settled();
    return { ordersPerSecond, orders: this.#sent - first };
  }

  async open({ perSecond, durationMs }: OpenLoad): Promise<OpenResult> {
    const orders = Math.round((perSecond * durationMs) / 1_000);
    const first = this.#sent;
    const timing: Timing = { dueMs: new Float64Array(first + orders), ackMs: [], eventMs: [] };
    this.#timing = timing;
    this.#onAnswer = () => {};
    const startedAt = performance.now();
    while (this.#sent < first + orders) {
      const due = Math.min(
        orders,
        Math.floor(((performance.now() - startedAt) * perSecond) / 1_000),
      );
      while (this.#sent < first + due) {
        timing.dueMs[this.#sent] = startedAt + ((this.#sent - first + 1) * 1_000) / perSecond;
        this.#placeNext(this.#traders[this.#sent % this.#traders.length]!);
      }
      await sleep(TICK_MS);
    }
    await waitFor(() => timing.ackMs.length >= orders && timing.eventMs.length >= orders);
    this.#timing = null;
    return {
      orders,
      failed: orders - timing.ackMs.length,
      ackMs: percentiles(timing.ackMs),
      eventMs: percentiles(timing.eventMs),
    };
  }

  #placeNext(trader: Trader): void {
    this.#place(trader, trader.orders % 2 === 0 ? "buy" : "sell", QUANTITY);
    trader.orders += 1;
  }

  #place({ client }: Trader, side: "buy" | "sell", quantity: string): void {
    const number = this.#sent++;
    const order = { clientOrderId: `${this.#run}-${number}`, pair: PAIR, side, type: "market" };
    client.send(`42${number}["order:place",${JSON.stringify({ ...order, quantity })}]`);
  }

  #onPacket(trader: Trader, data: Buffer, start: number, end: number): void {
    if (startsWith(data, start, ACKNOWLEDGEMENT)) this.#onAcknowledged(trader, data, start, end);
    else if (this.#timing !== null && startsWith(data, start, FILLED)) this.#onFilled(data, start);
  }

  #onAcknowledged(trader: Trader, data: Buffer, start: number, end: number): void {
    const head = data.toString("latin1", start, Math.min(end, start + 40));
    const bracket = head.indexOf("[");
    this.#answered += 1;
    if (head.startsWith(ACCEPTED, bracket)) {
      this.#note(this.#timing?.ackMs, Number(head.slice(ACKNOWLEDGEMENT.length, bracket)));
    } else {
      this.#failed += 1;
    }
    this.#onAnswer(trader);
  }

  #onFilled(data: Buffer, start: number): void {
    const id = data.indexOf(CLIENT_ORDER_ID, start) + CLIENT_ORDER_ID.length;
    const text = data.toString("latin1", id, data.indexOf('"', id));
    this.#note(this.#timing?.eventMs, Number(text.slice(this.#run.length + 1)));
  }

  #note(times: number[] | undefined, number: number): void {
    const dueMs = this.#timing?.dueMs[number] ?? 0;
    if (dueMs > 0) times?.push(performance.now() - dueMs);
  }

  /** Waits for every answer. @throws when they do not come: an order without an answer is a failure. */
  async #settled(): Promise<void> {
    if (await waitFor(() => this.#answered >= this.#sent)) return;
    throw new Error(`${this.#sent - this.#answered} of ${this.#sent} orders are unanswered`);
  }
}

/** Waits until `done`; false when that takes too long. */
async function waitFor(done: () => boolean): Promise<boolean> {
  const deadline = performance.now() + SETTLE_WITHIN_MS;
  while (!done()) {
    if (performance.now() > deadline) return false;
    await sleep(20);
  }
  return true;
}

function startsWith(data: Buffer, start: number, text: Buffer): boolean {
  return data.compare(text, 0, text.length, start, start + text.length) === 0;
}

function percentiles(values: readonly number[]): Percentiles {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
  return { p50: at(0.5), p99: at(0.99) };
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const groups = new Map<string, Group>();

async function handle(request: ConnectTraders | ClosedLoad | OpenLoad): Promise<object> {
  const group = groups.get(request.group) ?? new Group();
  groups.set(request.group, group);
  if (request.kind === "closed") return group.closed(request);
  if (request.kind === "open") return group.open(request);
  await group.connect(request);
  return {};
}

process.on("message", async (request: ConnectTraders | ClosedLoad | OpenLoad) => {
  process.send?.(await handle(request));
});
process.on("disconnect", () => process.exit(0));
process.send?.({ ready: true });
