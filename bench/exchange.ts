/**
 * Question: what does a market order cost in the paper exchange?
 *
 * Walk: market orders ten levels deep into a book of 5,000 levels per side, what they take held back from those after
 * them, beside `market()` of the npm package nodejs-order-book on the same book in the same run. The peer removes the
 * levels it fills; ours leaves the mirrored book alone and remembers what is held. Both books are filled anew, outside
 * the clock, when the orders have eaten 4,000 levels. Rounds of the two take turns; the best of each counts, since the
 * machine may be shared.
 *
 * Exchange: the whole pure exchange, one market order per input: admission, rules, funds, walk, ledger postings, position,
 * events, the fields to store. 1,000 users buy and sell in turn against one or two levels with fees at exact decimals; a
 * depth event after every ten orders refills the book. The same again ten levels deep is printed beside it. Counted in
 * processor time of the whole process (collector threads included), which on a quiet machine is the time on the wall; the
 * best stretch of 500 orders counts, as above.
 *
 * Last result (2 shared cores, Node 24.21): see bench/README.md.
 */
import { applySnapshot, Book, type BookLevel } from "@mirrorbook/book";
import {
  Exchange,
  GLOBAL_SCOPE,
  HeldLiquidity,
  type Input,
  type Liquidity,
  walkQuantity,
} from "@mirrorbook/exchange";
import { invariant, type Lots, type Ticks } from "@mirrorbook/kernel";
import type { NewOrder } from "@mirrorbook/protocol";
import { BTCUSDT_RULES, marketSpec } from "@mirrorbook/testkit/market-spec";
import { OrderBook, Side } from "nodejs-order-book";

const LEVELS = 5_000;
const LEVEL_LOTS = 10_000;
const BEST_ASK = 6_000_000;
/** Nine full levels and a half. */
const DEEP_LOTS = 9.5 * LEVEL_LOTS;
const ORDERS_PER_BOOK = 400;
const WALK_ROUNDS = 60;

const USERS = 1_000;
const EXCHANGE_ORDERS = 4_000;
const EXCHANGE_ROUNDS = 10;
const ORDERS_PER_DEPTH = 10;
const ORDERS_PER_STRETCH = 500;

const SPEC = marketSpec({ sizeDecimals: 6, rules: BTCUSDT_RULES });

export async function run(): Promise<object> {
  const walk = { ours: 0, peer: 0 };
  for (let round = 0; round < WALK_ROUNDS; round++) {
    walk.ours = Math.max(walk.ours, walkOurs());
    walk.peer = Math.max(walk.peer, walkPeer());
  }
  let shallow = 0;
  let deep = 0;
  for (let round = 0; round < EXCHANGE_ROUNDS; round++) {
    shallow = Math.max(shallow, tradeOnExchange(EXCHANGE_ORDERS, "0.0075"));
    deep = Math.max(deep, tradeOnExchange(EXCHANGE_ORDERS / 4, "0.095"));
  }
  const result = {
    walkPerSecond: Math.round(walk.ours),
    peerPerSecond: Math.round(walk.peer),
    ratio: Math.round((walk.ours / walk.peer) * 100) / 100,
    exchangePerSecond: Math.round(shallow),
  };
  const words = (count: number) => Math.round(count).toLocaleString("en");
  console.log(`walk, 10 levels deep        ${words(walk.ours)} market orders/s`);
  console.log(
    `nodejs-order-book           ${words(walk.peer)} market orders/s (ratio ${result.ratio})`,
  );
  console.log(`whole exchange, 1-2 levels  ${words(shallow)} market orders/s`);
  console.log(`whole exchange, 10 levels   ${words(deep)} market orders/s`);
  return result;
}

/** Market orders per second against our book, taking what they fill. */
function walkOurs(): number {
  const book = new Book({ symbol: "BTCUSDT", priceDecimals: 2, sizeDecimals: 6 });
  applySnapshot(book, { symbol: "BTCUSDT", lastUpdateId: 1, bids: [], asks: askLevels() });
  const held = new HeldLiquidity();
  const ladder = book.side("ask");
  let filled = 0;
  const startMs = performance.now();
  for (let i = 0; i < ORDERS_PER_BOOK; i++) {
    const emptyTo = held.emptyTo(GLOBAL_SCOPE, "ask");
    const liquidity: Liquidity = {
      book,
      side: "ask",
      held: held.sizes(GLOBAL_SCOPE, "ask"),
      traded: NOTHING_TRADED,
      stepLots: 10,
      fromRank: emptyTo === null ? 0 : ladder.rankOf(emptyTo) + 1,
    };
    const walk = walkQuantity(liquidity, DEEP_LOTS, null);
    held.take(GLOBAL_SCOPE, "ask", walk.fills);
    filled += walk.filled;
  }
  const tookMs = performance.now() - startMs;
  invariant(filled === ORDERS_PER_BOOK * DEEP_LOTS, "every order fills");
  return (ORDERS_PER_BOOK / tookMs) * 1_000;
}

const NOTHING_TRADED: ReadonlyMap<number, number> = new Map();

function askLevels(): BookLevel[] {
  return Array.from(
    { length: LEVELS },
    (_, i): BookLevel => [(BEST_ASK + i) as Ticks, LEVEL_LOTS as Lots],
  );
}

/** The same orders against the peer's book, one resting order per level. */
function walkPeer(): number {
  const book = new OrderBook();
  for (let i = 0; i < LEVELS; i++) {
    book.limit({ id: `a${i}`, side: Side.SELL, size: LEVEL_LOTS, price: BEST_ASK + i });
  }
  let unfilled = 0;
  const startMs = performance.now();
  for (let i = 0; i < ORDERS_PER_BOOK; i++) {
    unfilled += book.market({ side: Side.BUY, size: DEEP_LOTS }).quantityLeft;
  }
  const tookMs = performance.now() - startMs;
  invariant(unfilled === 0, "every order fills");
  return (ORDERS_PER_BOOK / tookMs) * 1_000;
}

/** Market orders per second of processor time through the whole exchange, `quantity` BTC each, at 0.01 BTC per level. */
function tradeOnExchange(orders: number, quantity: string): number {
  const exchange = new Exchange({
    startingBalance: "10000000",
    makerFeeRate: "0.001",
    takerFeeRate: "0.001",
  });
  const atMs = Date.UTC(2026, 0, 1);
  const sides = { bids: bidLevels(), asks: askLevels() };
  exchange.apply({ kind: "market", spec: SPEC, atMs });
  exchange.apply({ kind: "status", symbol: SPEC.symbol, status: "live", reason: "bench", atMs });
  exchange.apply({
    kind: "snapshot",
    snapshot: { symbol: SPEC.symbol, lastUpdateId: 1, ...sides },
    atMs,
  });
  for (let i = 0; i < USERS; i++)
    exchange.loadUser({ userId: `user-${i}`, version: 0, fields: {} });
  for (let i = 0; i < USERS; i++) {
    if (i % 5 === 0) refill(exchange, atMs);
    exchange.apply(orderInput(i, i, "buy", "0.2", atMs));
  }
  const inputs = Array.from({ length: orders }, (_, i) => {
    const side = Math.floor(i / USERS) % 2 === 0 ? "sell" : "buy";
    return orderInput(i % USERS, USERS + i, side, quantity, atMs + i);
  });

  let events = 0;
  let tookMs = 0;
  let best = 0;
  for (let i = 0; i < orders; i += ORDERS_PER_DEPTH) {
    refill(exchange, atMs + i);
    const before = process.cpuUsage();
    for (const input of inputs.slice(i, i + ORDERS_PER_DEPTH)) {
      const outcome = exchange.apply(input);
      invariant(outcome.answer?.ok === true, "every order is accepted");
      events += outcome.commits[0]!.events.length;
    }
    const { user, system } = process.cpuUsage(before);
    tookMs += (user + system) / 1_000;
    if ((i + ORDERS_PER_DEPTH) % ORDERS_PER_STRETCH !== 0) continue;
    best = Math.max(best, (ORDERS_PER_STRETCH / tookMs) * 1_000);
    tookMs = 0;
  }
  invariant(events >= orders * 8, "every order tells its whole story");
  return best;
}

/** Empties the touched levels and shows them again: what was held of them is gone. */
function refill(exchange: Exchange, atMs: number): void {
  for (const change of [GONE, SHOWN]) {
    const id = exchange.book(SPEC.symbol)!.lastUpdateId + 1;
    const ids = { firstUpdateId: id, finalUpdateId: id, exchangeTimeMs: atMs };
    exchange.apply({ kind: "depth", event: { symbol: SPEC.symbol, ...ids, ...change }, atMs });
  }
}

const TOUCHED_LEVELS = 10 * ORDERS_PER_DEPTH + 20;
const SHOWN = {
  bids: bidLevels().slice(0, TOUCHED_LEVELS),
  asks: askLevels().slice(0, TOUCHED_LEVELS),
};
const GONE = {
  bids: SHOWN.bids.map(([price]): BookLevel => [price, 0 as Lots]),
  asks: SHOWN.asks.map(([price]): BookLevel => [price, 0 as Lots]),
};

function bidLevels(): BookLevel[] {
  return Array.from(
    { length: LEVELS },
    (_, i): BookLevel => [(BEST_ASK - 1 - i) as Ticks, LEVEL_LOTS as Lots],
  );
}

function orderInput(
  user: number,
  number: number,
  side: "buy" | "sell",
  quantity: string,
  atMs: number,
): Input {
  const id = `${atMs}-${number}`;
  const body = { type: "order:place", order: { ...MARKET_ORDER, side, quantity } } as const;
  const command = {
    id,
    userId: `user-${user}`,
    key: id,
    replyTo: "bench",
    requestId: number,
    body,
  };
  return { kind: "command", command, atMs };
}

const MARKET_ORDER: Omit<NewOrder, "side" | "quantity"> = {
  account: "main",
  symbol: "BTCUSDT",
  type: "market",
  quoteQuantity: null,
  price: null,
  stopPrice: null,
  trailingBps: null,
  timeInForce: "IOC",
  expireAtMs: null,
  postOnly: false,
};
