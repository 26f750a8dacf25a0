import { expect, test } from "@jest/globals";
import type { MarketSpec } from "@mirrorbook/book";
import { MarketFeed } from "../src/market-feed.ts";
import { parseExchangeInfo } from "../src/market-spec.ts";
import { DEFAULT_OPTIONS } from "../src/options.ts";
import type { RestOutcome } from "../src/rest.ts";
import type { FeedEvent } from "../src/types.ts";
import { depth } from "./events.ts";

const SPEC = spec();

function spec(status = "TRADING", tick = "0.01", maxOrders = 200): MarketSpec {
  const filters = [
    { filterType: "PRICE_FILTER", minPrice: "0.01", maxPrice: "100", tickSize: tick },
    { filterType: "MAX_NUM_ORDERS", maxNumOrders: maxOrders },
  ];
  const info = { symbol: "BTCUSDT", status, baseAsset: "BTC", quoteAsset: "USDT", filters };
  const parsed = parseExchangeInfo({ symbols: [info] });
  if (parsed.kind !== "markets") throw new Error(parsed.reason);
  return parsed.specs.get("BTCUSDT")!;
}

/** A market whose REST answers when the test says so; time stands still but for `advance`. */
function startMarket() {
  let nowMs = 1_000_000;
  const told: string[] = [];
  let doubts = 0;
  const asked: { limit: number; answer: (outcome: RestOutcome) => Promise<void> }[] = [];
  const market = new MarketFeed(SPEC, {
    options: DEFAULT_OPTIONS,
    clock: { nowMs: () => nowMs, monotonicMs: () => nowMs },
    depth: (_, limit) =>
      new Promise((resolve) => {
        const answer = (outcome: RestOutcome) => {
          resolve(outcome);
          return new Promise<void>((done) => setImmediate(done));
        };
        asked.push({ limit, answer });
      }),
    emit: (event) => told.push(inWords(event)),
    linesAreUseless: (reason) => told.push(`useless: ${reason}`),
    statusInDoubt: () => doubts++,
  });
  return {
    market,
    asked,
    told: () => told.splice(0),
    doubts: () => doubts,
    advance: (ms: number, stepMs = 50) => {
      for (const endMs = nowMs + ms; nowMs < endMs; ) {
        nowMs = Math.min(endMs, nowMs + stepMs);
        market.pulse(nowMs);
      }
    },
    /** Depth over `first..final`; told by the exchange `lateMs` ago. */
    depth: (line: number, first: number, final: number, lateMs = 20) =>
      market.depth(line, depth(first, final, nowMs - lateMs)),
    /** Answers the oldest question to REST. */
    answer: (lastUpdateId: number) => {
      const body = { lastUpdateId, bids: [], asks: [] };
      return asked.shift()!.answer({ kind: "answer", body });
    },
    fail: (reason: string, retryAfterMs = 1_000) =>
      asked.shift()!.answer({ kind: "failed", reason, retryAfterMs, code: undefined }),
  };
}

function inWords(event: FeedEvent): string {
  switch (event.kind) {
    case "snapshot":
      return `snapshot ${event.snapshot.lastUpdateId}`;
    case "depth":
      return `depth ${event.event.firstUpdateId}-${event.event.finalUpdateId}`;
    case "status":
      return `${event.status}: ${event.reason}`;
    case "trade":
      return `trade ${event.trade.tradeId}`;
    default:
      return event.kind;
  }
}

async function liveMarket() {
  const started = startMarket();
  started.market.lineOpened(1);
  started.market.lineOpened(2);
  started.depth(1, 11, 20);
  started.advance(50);
  await started.answer(15);
  expect(started.market.status).toBe("live");
  started.told();
  return started;
}

test("the order of things: market, status, snapshot, the events it lacks, live, and then events", async () => {
  const { market, told, depth, advance, asked, answer } = startMarket();
  advance(5_000);
  expect(asked).toHaveLength(0); // No line, no snapshot.
  market.lineOpened(1);
  advance(50);
  expect(asked).toHaveLength(0); // Waits for the first event.
  depth(1, 11, 20);
  advance(50);
  depth(1, 21, 30);
  expect(asked.map(({ limit }) => limit)).toEqual([5_000]);
  await answer(20);
  depth(1, 31, 31);
  expect(told()).toEqual([
    "market",
    "resyncing: connecting",
    "resyncing: connected, waiting for a snapshot",
    "snapshot 20",
    "depth 21-30",
    "live: synchronised",
    "depth 31-31",
  ]);
});

test("a snapshot older than the first event is asked for again", async () => {
  const { market, told, depth, advance, asked, answer } = startMarket();
  market.lineOpened(1);
  depth(1, 11, 20);
  advance(50);
  await answer(9);
  expect(told().at(-1)).toBe("resyncing: the snapshot is older than the first event");
  expect(asked).toHaveLength(0);
  advance(250);
  await answer(10);
  expect(told()).toEqual(["snapshot 10", "depth 11-20", "live: synchronised"]);
});

test("a gap on both lines makes it resync, and is live again only with the new snapshot", async () => {
  const { depth, told, advance, answer } = await liveMarket();
  depth(1, 23, 25);
  expect(told()).toEqual([]); // The other line may still fill the hole.
  depth(2, 23, 25);
  expect(told()).toEqual(["resyncing: gap: expected update 21, received 23"]);
  depth(1, 26, 27);
  advance(50);
  await answer(24);
  expect(told()).toEqual(["snapshot 24", "depth 23-25", "depth 26-27", "live: synchronised"]);
});

test("a hole that nobody fills is a gap when patience ends", async () => {
  const { depth, told, advance } = await liveMarket();
  depth(1, 23, 25);
  advance(950);
  expect(told()).toEqual([]);
  advance(100);
  expect(told()).toEqual(["resyncing: gap: expected update 21, received 23"]);
});

test("M1: a snapshot without any event is live only after REST shows the same id again", async () => {
  const { market, told, advance, asked, answer } = startMarket();
  market.lineOpened(1);
  advance(1_050);
  await answer(50);
  expect(told().at(-1)).toBe("snapshot 50");
  expect(market.status).toBe("resyncing");
  advance(50);
  expect(asked.map(({ limit }) => limit)).toEqual([5]);
  await answer(51); // Something happened: the event that tells of it must come first.
  expect(market.status).toBe("resyncing");
  advance(2_000);
  await answer(50);
  expect(told()).toEqual(["live: synchronised; nothing has changed since"]);
});

test("M2: a quiet market stays live as long as REST shows that nothing has changed", async () => {
  const { told, advance, asked, answer, market } = await liveMarket();
  for (let i = 0; i < 5; i++) {
    advance(3_050);
    expect(asked).toHaveLength(1);
    await answer(20);
  }
  expect(market.status).toBe("live");
  expect(told()).toEqual([]);
});

test("M2: silence is stale when REST has moved on, and the lines are called useless", async () => {
  const { told, advance, answer, depth } = await liveMarket();
  advance(3_050);
  await answer(99);
  expect(told()).toEqual([]);
  advance(2_000);
  expect(told()).toEqual([
    "stale: no fresh depth event for 5 s",
    "useless: no depth event of BTCUSDT",
  ]);
  depth(1, 21, 99);
  expect(told()).toEqual(["depth 21-99", "live: synchronised"]);
});

test("M2: silence is stale, too, when REST cannot be asked", async () => {
  const { told, advance, fail } = await liveMarket();
  advance(3_050);
  await fail("HTTP 503: maintenance");
  advance(2_000);
  expect(told()[0]).toBe("stale: no fresh depth event for 5 s");
});

test("a stale market whose line was replaced takes a new snapshot and proves it", async () => {
  const { market, told, advance, answer, depth } = await liveMarket();
  advance(5_050);
  await answer(99);
  expect(market.status).toBe("stale");
  market.lineOpened(3);
  market.lineClosed(1, "replaced");
  market.lineClosed(2, "replaced");
  told();
  advance(2_050);
  await answer(120);
  expect(told()).toEqual(["resyncing: the book has missed something"]);
  depth(3, 118, 121);
  advance(50);
  await answer(119);
  expect(told()).toEqual(["snapshot 119", "depth 118-121", "live: synchronised"]);
});

test("M3: a backlog keeps the chain whole but is not fresh", async () => {
  const { told, advance, depth, answer } = await liveMarket();
  depth(1, 21, 21);
  advance(7_000);
  await answer(60);
  expect(told()).toContain("stale: no fresh depth event for 5 s");
  depth(1, 22, 30, 6_900);
  depth(1, 31, 40, 6_000);
  expect(told()).toEqual(["depth 22-30", "depth 31-40"]);
  depth(1, 41, 50, 100);
  expect(told()).toEqual(["depth 41-50", "live: synchronised"]);
});

test("M4: without a line the market is stale at once and needs a snapshot afterwards", async () => {
  const { market, told, advance, depth, answer } = await liveMarket();
  market.lineClosed(1, "cut");
  depth(2, 21, 21);
  expect(told()).toEqual(["depth 21-21"]);
  market.lineClosed(2, "cut");
  expect(market.status).toBe("stale");
  market.lineClosed(3, "connect ECONNREFUSED");
  expect(told().at(-1)).toBe("stale: no connection: connect ECONNREFUSED");
  market.lineOpened(4);
  depth(4, 22, 22);
  advance(50);
  await answer(21);
  expect(told()).toEqual([
    "resyncing: connected, waiting for a snapshot",
    "snapshot 21",
    "depth 22-22",
    "live: synchronised",
  ]);
});

test("a snapshot that was asked for before the connection was lost is thrown away", async () => {
  const { market, told, advance, depth, answer, asked } = startMarket();
  market.lineOpened(1);
  depth(1, 11, 20);
  advance(50);
  market.lineClosed(1, "cut");
  market.lineOpened(2);
  told();
  await answer(15);
  expect(told()).toEqual([]);
  advance(1_050);
  expect(asked).toHaveLength(1);
});

test("a refusal is told with its reason and respected for as long as it says", async () => {
  const { market, told, advance, depth, asked, fail, answer } = startMarket();
  market.lineOpened(1);
  depth(1, 11, 20);
  advance(50);
  await fail("HTTP 429: too many requests", 7_000);
  expect(told().at(-1)).toBe("resyncing: HTTP 429: too many requests");
  advance(6_900);
  expect(asked).toHaveLength(0);
  advance(150);
  await answer(15);
  expect(market.status).toBe("live");
});

test("a malformed snapshot is counted and asked for again, later each time", async () => {
  const { market, advance, depth, asked } = startMarket();
  market.lineOpened(1);
  depth(1, 11, 20);
  for (const waitMs of [50, 250, 500, 1_000]) {
    advance(waitMs);
    expect(asked).toHaveLength(1);
    await asked.shift()!.answer({ kind: "answer", body: "not JSON" });
  }
  expect(market.counters.malformed).toBe(4);
});

test("a halted market says so, tells nothing else, and resyncs when trading resumes", async () => {
  const { market, told, depth, advance, asked, answer } = await liveMarket();
  market.updateSpec(spec("BREAK"));
  expect(told()).toEqual(["market", "halted: Binance reports BREAK"]);
  depth(1, 21, 22);
  advance(60_000, 1_000);
  market.lineClosed(1, "cut");
  market.lineClosed(2, "cut");
  market.lineOpened(3);
  expect(told()).toEqual([]);
  expect(asked).toHaveLength(0);
  market.updateSpec(spec("TRADING"));
  expect(told()).toEqual(["market", "resyncing: trading again"]);
  depth(3, 31, 32);
  advance(50);
  await answer(30);
  expect(told()).toEqual(["snapshot 30", "depth 31-32", "live: synchronised"]);
});

test("changed rules are told, changed units make a new book necessary", async () => {
  const { market, told } = await liveMarket();
  market.updateSpec(spec());
  expect(told()).toEqual([]);
  market.updateSpec(spec("TRADING", "0.01", 100));
  expect(told()).toEqual(["market"]);
  market.updateSpec(spec("TRADING", "0.001", 100));
  expect(told()).toEqual(["market", "resyncing: the market's units have changed"]);
});

test("an event of a line that was closed meanwhile is not believed", async () => {
  const { market, told, depth } = await liveMarket();
  market.lineClosed(1, "replaced");
  depth(1, 21, 21);
  expect(told()).toEqual([]);
});

test("whether it still trades is doubted when it falls silent, and when it speaks while halted", async () => {
  const { market, depth, advance, doubts } = await liveMarket();
  advance(2_900);
  expect(doubts()).toBe(0);
  advance(200);
  expect(doubts()).toBe(1);
  market.updateSpec(spec("BREAK"));
  advance(10_000);
  expect(doubts()).toBe(1);
  depth(1, 21, 30);
  expect(doubts()).toBe(2);
});
