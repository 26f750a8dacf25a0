/**
 * Watches all that goes into and comes out of an exchange and throws when a promise is broken. It knows nothing of the
 * exchange's insides: journals are re-added, and liquidity is counted as "what may still be taken", not as "what is held".
 */
import type { DepthSnapshot } from "@mirrorbook/book";
import {
  type Command,
  type Level,
  type Order,
  type Trade,
  USER_EVENTS,
  type UserEvent,
  type UserEventName,
} from "@mirrorbook/protocol";
import {
  auditUser,
  type Exchange,
  type Input,
  JournalSums,
  type Outcome,
  type UserCommit,
} from "../src/index.ts";
import { orderJson } from "../src/json.ts";

interface Fields {
  version: number;
  seq: number;
  fields: Record<string, string>;
}

interface Tally {
  account: string;
  filled: number;
  isOver: boolean;
}

export class PromiseKeeper {
  readonly exchange: Exchange;
  readonly stored = new Map<string, Fields>();
  readonly sums = new JournalSums();
  readonly counts = new Map<string, number>();
  readonly #orders = new Map<string, Tally>();
  /** Displayed size and what may still be taken, in lots, by "symbol side price"; one map per scope. */
  readonly #scopes = new Map<string, Map<string, { live: number; left: number }>>();
  /** Re-adds a user's journal at every n-th of its commits. */
  readonly #auditEvery: number;
  readonly #decimals = new Map<string, { price: number; size: number }>();

  /** `ownBooks`: accounts whose portfolios hold liquidity back among themselves only. */
  constructor(
    exchange: Exchange,
    ownBooks: readonly string[] = [],
    { auditEvery = 1 }: { auditEvery?: number } = {},
  ) {
    this.exchange = exchange;
    this.#auditEvery = auditEvery;
    for (const scope of ["global", ...ownBooks]) this.#scopes.set(scope, new Map());
  }

  apply(input: Input): Outcome {
    const outcome = this.exchange.apply(input);
    this.#watchBook(input);
    for (const commit of outcome.commits) this.#checkCommit(commit);
    if (input.kind === "command") this.#checkAnswer(input.command, outcome);
    for (const change of outcome.held) {
      const key = `${change.symbol} ${change.side} ${Number(change.price)}`;
      const live = this.#scopes.get(change.scope)?.get(key)?.live ?? 0;
      demand(
        change.size === "0" ||
          this.#toLots(change.symbol, change.size) <= live ||
          input.kind === "market",
        "H1: what is held is displayed",
        { change, live },
      );
    }
    return outcome;
  }

  #watchBook(input: Input): void {
    if (input.kind === "market") {
      const { symbol, priceDecimals: price, sizeDecimals: size } = input.spec;
      this.#decimals.set(symbol, { price, size });
    } else if (input.kind === "snapshot") {
      for (const side of ["bid", "ask"] as const) this.#watchSnapshot(input.snapshot, side);
    } else if (input.kind === "depth") {
      const { symbol, bids, asks } = input.event;
      for (const [price, size] of bids) this.#watchLevel(symbol, "bid", price, size);
      for (const [price, size] of asks) this.#watchLevel(symbol, "ask", price, size);
    }
  }

  /** What a snapshot does not reach is unknown, not gone: if it comes back it is not new. */
  #watchSnapshot(snapshot: DepthSnapshot, side: "bid" | "ask"): void {
    const levels = new Map<number, number>(side === "bid" ? snapshot.bids : snapshot.asks);
    const worst = [...levels.keys()].at(-1);
    for (const known of this.#scopes.get("global")!.keys()) {
      const [symbol, knownSide, text] = known.split(" ") as [string, string, string];
      if (symbol !== snapshot.symbol || knownSide !== side || worst === undefined) continue;
      const price = Math.round(Number(text) * 10 ** this.#decimals.get(symbol)!.price);
      const isShown = side === "bid" ? price >= worst : price <= worst;
      if (isShown && !levels.has(price)) levels.set(price, 0);
    }
    for (const [price, size] of levels) this.#watchLevel(snapshot.symbol, side, price, size);
  }

  #watchLevel(symbol: string, side: string, ticks: number, size: number): void {
    const decimals = this.#decimals.get(symbol)!.price;
    const key = `${symbol} ${side} ${Number((ticks / 10 ** decimals).toFixed(decimals))}`;
    for (const levels of this.#scopes.values()) {
      const { live, left } = levels.get(key) ?? { live: 0, left: 0 };
      levels.set(key, {
        live: size,
        left: size > live ? left + size - live : Math.min(left, size),
      });
    }
  }

  #checkCommit(commit: UserCommit): void {
    const stored = this.stored.get(commit.userId) ?? { version: 0, seq: 0, fields: {} };
    this.stored.set(commit.userId, stored);
    demand(commit.version === stored.version, "a commit follows the one before", commit);
    demand(commit.lastSeq === stored.seq, "P1: events follow those before", commit);
    stored.version++;
    for (const [field, text] of commit.changes) {
      if (text === null) delete stored.fields[field];
      else {
        demand(JSON.stringify(JSON.parse(text)) === text, "J1: what is stored is JSON", text);
        stored.fields[field] = text;
      }
    }
    for (const event of commit.events) {
      demand(event[1].seq === ++stored.seq, "P1: events are numbered without a hole", event);
      this.#checkEvent(event);
    }
    demand(
      JSON.parse(stored.fields.meta ?? "{}").seq === stored.seq,
      "meta tells the last number",
      commit,
    );
    for (const posting of commit.postings) this.sums.add(posting);
    if (stored.version % this.#auditEvery === 0) this.#audit(commit.userId);
  }

  /** What a retry would be answered is the first answer, in the very same text. */
  #checkAnswer({ userId, key }: Command, { answer }: Outcome): void {
    const kept = this.stored.get(userId)?.fields[`answer/${key}`];
    if (kept === undefined) return;
    const text = JSON.stringify(JSON.parse(kept).answer);
    demand(text === JSON.stringify(answer), "J1: the answer kept is the one given", {
      kept,
      answer,
    });
  }

  /** Re-adds every journal, and all of them together. */
  auditAll(): void {
    for (const userId of this.stored.keys()) this.#audit(userId);
    for (const [asset, total] of this.sums.totals()) {
      demand(total.isZero(), "P4: all postings of an asset sum to zero", { asset, total });
    }
  }

  countOf(name: UserEventName): number {
    return this.counts.get(name) ?? 0;
  }

  /** Kinds of events that never came up: a promise about them was not put to the test. */
  neverSeen(): string[] {
    return Object.keys(USER_EVENTS).filter((name) => !this.counts.has(name));
  }

  #audit(userId: string): void {
    const { version, fields } = this.stored.get(userId)!;
    const differences = auditUser({ userId, version, fields }, this.sums);
    demand(differences.length === 0, "P4: balances are what the postings add up to", differences);
  }

  #checkEvent([name, payload]: UserEvent): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
    if (name === "trade:executed") this.#checkTrade(payload.trade);
    else if (name === "trade:impact") {
      const { symbol, consumedBids, consumedAsks } = payload;
      const { account } = this.#tally(payload.orderId);
      this.#take(account, symbol, "bid", consumedBids);
      this.#take(account, symbol, "ask", consumedAsks);
    } else if (name.startsWith("order:") && "order" in payload)
      this.#checkOrder(name, payload.order);
  }

  #checkTrade(trade: Trade): void {
    const tally = this.#tally(trade.orderId);
    demand(!tally.isOver, "an order that has ended does not trade", trade);
    tally.filled += this.#toLots(trade.symbol, trade.quantity);
    tally.account = trade.account;
  }

  #checkOrder(name: string, order: Order): void {
    demand(orderJson(order) === JSON.stringify(order), "J1: an order as JSON", order);
    const tally = this.#tally(order.id);
    demand(!tally.isOver, "an order ends once, and nothing comes after", { name, order });
    const filled = this.#toLots(order.symbol, order.filledQuantity);
    demand(filled === tally.filled, "the fills of an order sum up to its filled quantity", {
      name,
      order,
    });
    tally.isOver = ["filled", "cancelled", "rejected", "expired"].includes(order.status);
    if (order.status === "filled" && order.quantity !== null) {
      demand(
        this.#toLots(order.symbol, order.quantity) === filled,
        "a filled order is full",
        order,
      );
    }
    if (order.price !== null && order.averagePrice !== null) {
      const isWithin =
        order.side === "buy"
          ? Number(order.averagePrice) <= Number(order.price)
          : Number(order.averagePrice) >= Number(order.price);
      demand(isWithin, "no order fills beyond its limit", order);
    }
  }

  #take(account: string, symbol: string, side: string, taken: readonly Level[]): void {
    const levels = this.#scopes.get(account) ?? this.#scopes.get("global")!;
    for (const [price, size] of taken) {
      const level = levels.get(`${symbol} ${side} ${Number(price)}`);
      const lots = this.#toLots(symbol, size);
      demand(level !== undefined && level.left >= lots, "P5: nothing is taken twice", {
        side,
        price,
        size,
        level,
      });
      level!.left -= lots;
    }
  }

  #toLots(symbol: string, text: string): number {
    return Math.round(Number(text) * 10 ** this.#decimals.get(symbol)!.size);
  }

  #tally(orderId: string): Tally {
    let tally = this.#orders.get(orderId);
    if (tally === undefined) {
      tally = { account: "", filled: 0, isOver: false };
      this.#orders.set(orderId, tally);
    }
    return tally;
  }
}

function demand(condition: boolean, promise: string, evidence: unknown): void {
  if (!condition) throw new Error(`${promise}: ${JSON.stringify(evidence)}`);
}
