/** The feed through binance-api-node over real sockets, against the simulator that speaks Binance's protocol. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "@jest/globals";
import { applyDepth, applySnapshot, Book, digest20 } from "@mirrorbook/book";
import { AppError } from "@mirrorbook/kernel";
import {
  type DepthSession,
  depthSessions,
  eventually,
  marketDataFile,
  readRecording,
  recordingsExist,
} from "@mirrorbook/testkit";
import { type FeedEvent, startFeed } from "../src/index.ts";
import { acceptHandshake, serveRaw, textFrame } from "./raw-server.ts";
import { QUICK, type WatchedFeed, watchFeed } from "./watched-feed.ts";

const THREE = ["BTCUSDT", "ETHUSDT", "SOLUSDT"];

async function isLive(world: WatchedFeed, symbol = "BTCUSDT"): Promise<void> {
  await eventually(() => expect(world.status(symbol)).toBe("live"));
}

/** Waits until the book is at the very update that REST shows, and compares the best levels. */
async function equalsRest({ sim, books }: WatchedFeed, symbol = "BTCUSDT"): Promise<void> {
  await eventually(async () => {
    const response = await fetch(`${sim.url}/api/v3/depth?symbol=${symbol}&limit=50`);
    const rest = (await response.json()) as { lastUpdateId: number; bids: [string, string][] };
    const book = books.get(symbol)!;
    expect(book.lastUpdateId).toBe(rest.lastUpdateId);
    expect(topAsNumbers(book, 50)).toEqual(rest.bids.map(([p, q]) => [Number(p), Number(q)]));
  });
}

function topAsNumbers(book: Book, count: number): [number, number][] {
  return book
    .top("bid", count)
    .map(([price, size]) => [price / 10 ** book.priceDecimals, size / 10 ** book.sizeDecimals]);
}

/** The book at the end of a recorded session; libs/book proves these equal to the reference states. */
function endOf([symbol, { units, snapshot, events }]: [string, DepthSession]): [string, Book] {
  const book = new Book(units);
  applySnapshot(book, snapshot!);
  for (const event of events) applyDepth(book, event);
  return [symbol, book];
}

/** Waits for a depth event that comes after now. */
async function hearsDepth(world: WatchedFeed): Promise<void> {
  const before = world.count("depth");
  await eventually(() => expect(world.count("depth")).toBeGreaterThan(before));
}

test("mirrors several markets over two lines, exactly, with trades and tickers", async () => {
  await using world = await watchFeed({ symbols: THREE }, { symbols: THREE });
  for (const symbol of THREE) await isLive(world, symbol);
  await equalsRest(world, "ETHUSDT");
  await eventually(() => expect(world.count("trade")).toBeGreaterThan(0));
  await eventually(() => expect(world.count("ticker")).toBeGreaterThanOrEqual(3));
  expect(world.lines()).toHaveLength(2);
  expect(world.feed.stats().markets.BTCUSDT).toMatchObject({
    status: "live",
    gaps: 0,
    snapshots: 1,
  });
  expect(world.violations).toEqual([]);
});

test("the order of events: market, status, snapshot, then depth", async () => {
  await using world = await watchFeed();
  await hearsDepth(world);
  const kinds = world.events
    .map(({ kind }) => kind)
    .filter((kind) => /market|status|snap|depth/.test(kind));
  expect(kinds[0]).toBe("market");
  expect(kinds[1]).toBe("status");
  expect(kinds.indexOf("snapshot")).toBeGreaterThan(1);
  expect(kinds.indexOf("depth")).toBeGreaterThan(kinds.indexOf("snapshot"));
});

test("groups symbols, each group with two lines of its own", async () => {
  await using world = await watchFeed({ symbols: THREE }, { symbols: THREE, symbolsPerGroup: 2 });
  for (const symbol of THREE) await isLive(world, symbol);
  expect(world.lines()).toHaveLength(4);
});

test("a gap on both lines leads to one resync, and never to a wrong book", async () => {
  await using world = await watchFeed();
  await isLive(world);
  world.sim.control.loseDiffs("BTCUSDT", 3);
  await eventually(() => expect(world.statuses().join()).toContain("resyncing: gap"));
  await isLive(world);
  await equalsRest(world);
  expect(world.violations).toEqual([]);
});

test("a dropped line is no gap and no resync, and is back at once", async () => {
  await using world = await watchFeed();
  await isLive(world);
  const before = world.statuses();
  for (let round = 0; round < 4; round++) {
    const victim = world.lines()[0]!;
    world.sim.control.drop(victim);
    await eventually(() => {
      expect(world.lines()).not.toContain(victim);
      expect(world.lines()).toHaveLength(2);
    });
    await hearsDepth(world);
  }
  await equalsRest(world);
  expect(world.statuses()).toEqual(before);
  expect(world.feed.stats().markets.BTCUSDT).toMatchObject({ gaps: 0, snapshots: 1 });
});

test("what the second line is for: with one alone, every drop costs a resync", async () => {
  await using world = await watchFeed({}, { linesPerGroup: 1 });
  await isLive(world);
  world.sim.control.drop("all");
  await eventually(() => expect(world.count("snapshot")).toBe(2));
  expect(world.statuses().join()).toContain("stale: no connection");
});

test("all lines dropped: stale at once, then a new snapshot", async () => {
  await using world = await watchFeed();
  await isLive(world);
  world.sim.control.drop("all");
  await eventually(() => expect(world.statuses().join()).toContain("stale: no connection"));
  await eventually(() => expect(world.count("snapshot")).toBe(2));
  await isLive(world);
  await equalsRest(world);
  expect(world.violations).toEqual([]);
});

test("a silent stall of one line is seen, the line replaced, the book untouched", async () => {
  await using world = await watchFeed();
  await isLive(world);
  const before = world.statuses();
  const [victim] = world.lines();
  world.sim.control.stall(victim!, 60_000);
  await eventually(() => expect(world.lines()).not.toContain(victim));
  await eventually(() => expect(world.lines()).toHaveLength(2));
  await equalsRest(world);
  expect(world.statuses()).toEqual(before);
});

test("all lines stalled: stale within the limit, and live again when they are", async () => {
  await using world = await watchFeed();
  await isLive(world);
  world.sim.control.stall("all", 3_000);
  await eventually(() => expect(world.status()).toBe("stale"));
  expect(world.statuses().at(-1)).toContain("no fresh depth event for 1.5 s");
  await isLive(world);
  await equalsRest(world);
  expect(world.violations).toEqual([]);
});

test("a slow line costs nothing while the other one is quick, and takes over when that one drops", async () => {
  await using world = await watchFeed({}, { staleAfterMs: 5_000, lineStallMs: 2_000 });
  await isLive(world);
  const before = world.statuses();
  const [slow, quick] = world.lines();
  world.sim.control.slow(slow!, 400);
  await hearsDepth(world);
  world.sim.control.drop(quick!);
  await eventually(() => expect(world.lines()).toHaveLength(2));
  await sleep(600); // Until what was under way on the slow line has arrived.
  await equalsRest(world);
  expect(world.statuses()).toEqual(before);
});

test("an announced shutdown replaces both lines before they end", async () => {
  await using world = await watchFeed();
  await isLive(world);
  const statuses = world.statuses();
  const before = world.lines();
  world.sim.control.announceShutdown();
  await eventually(() => {
    expect(world.lines()).toHaveLength(2);
    for (const id of before) expect(world.lines()).not.toContain(id);
  });
  await equalsRest(world);
  expect(world.statuses()).toEqual(statuses);
  expect(world.feed.stats().markets.BTCUSDT).toMatchObject({ gaps: 0, snapshots: 1 });
});

test("lines are rotated by age without a gap", async () => {
  await using world = await watchFeed({}, { rotateAfterMs: 1_000 });
  await isLive(world);
  const statuses = world.statuses();
  const before = world.lines();
  await eventually(() => {
    for (const id of before) expect(world.lines()).not.toContain(id);
  });
  await hearsDepth(world);
  expect(world.statuses()).toEqual(statuses);
  expect(world.feed.stats().markets.BTCUSDT).toMatchObject({ gaps: 0, snapshots: 1 });
});

test("a halted market says so and resyncs when trading resumes", async () => {
  await using world = await watchFeed();
  await isLive(world);
  world.sim.control.halt("BTCUSDT");
  await eventually(() => expect(world.statuses().at(-1)).toBe("halted: Binance reports BREAK"));
  const snapshots = world.count("snapshot");
  await sleep(1_800); // Longer than the stale limit: a halted market is halted, not stale.
  expect(world.status()).toBe("halted");
  world.sim.control.resume("BTCUSDT");
  await isLive(world);
  expect(world.count("snapshot")).toBe(snapshots + 1);
  await equalsRest(world);
  expect(world.violations).toEqual([]);
});

test("a halt and its end are noticed long before the markets are due to be read again", async () => {
  await using world = await watchFeed({}, { marketsEveryMs: 3_600_000, marketsAtMostEveryMs: 100 });
  await isLive(world);
  world.sim.control.halt("BTCUSDT");
  await eventually(() => expect(world.statuses().at(-1)).toBe("halted: Binance reports BREAK"));
  world.sim.control.resume("BTCUSDT");
  await isLive(world);
  expect(world.violations).toEqual([]);
});

describe("refusals", () => {
  test.each([429, 418] as const)(
    "HTTP %d is obeyed for as long as Retry-After says",
    async (status) => {
      await using world = await watchFeed({}, {}, ({ control }) =>
        control.refuse({ target: "rest", status, retryAfterSeconds: 1, requests: 1 }),
      );
      await eventually(() => expect(world.statuses()[0]).toContain(`HTTP ${status}`));
      expect(world.statuses()[0]).toContain("Binance asks to wait 1 s");
      await isLive(world);
    },
  );

  test("HTTP 451 says that Binance is not available from here and what to set", async () => {
    await using world = await watchFeed({}, {}, ({ control }) => control.refuse({ status: 451 }));
    await eventually(() => expect(world.status()).toBe("stale"));
    expect(world.statuses()).toEqual([expect.stringMatching(/HTTP 451.*BINANCE_REST_URL.*MARKET/)]);
  });

  test("HTTP 451 on the streams alone says the same", async () => {
    await using world = await watchFeed({}, {}, ({ control }) =>
      control.refuse({ status: 451, target: "stream" }),
    );
    await eventually(() => expect(world.statuses().at(-1)).toMatch(/^stale.*HTTP 451/));
    world.sim.control.clear();
    await isLive(world);
  });

  test("a symbol that Binance does not know is named; the others are mirrored", async () => {
    await using world = await watchFeed({}, { symbols: ["BTCUSDT", "NOPEUSDT"] });
    await isLive(world);
    expect(world.statuses("NOPEUSDT")).toEqual(["halted: Binance knows no such symbol"]);
  });

  test("slow REST makes the start late, not wrong", async () => {
    await using world = await watchFeed({}, {}, ({ control }) => control.delayRest(700));
    await isLive(world);
    // To compare, the server has to answer between two updates: with the delay it rarely does.
    world.sim.control.delayRest(0);
    await equalsRest(world);
    expect(world.violations).toEqual([]);
  });
});

describe("servers that misbehave", () => {
  test("one that accepts connections and never answers ends nothing, and is tried again", async () => {
    await using server = await serveRaw(() => undefined);
    const events: FeedEvent[] = [];
    const urls = { httpBase: server.url, wsBase: server.wsUrl };
    const options = { ...QUICK, ...urls, symbols: ["ABUSDT"], connectTimeoutMs: 200 };
    const feed = startFeed(options, (event) => events.push(event));
    await eventually(() => expect(server.upgrades()).toBeGreaterThanOrEqual(4));
    feed.stop();
    const reason = "no connection: no connection within 200 ms";
    expect(events.at(-1)).toMatchObject({ status: "stale", reason });
  });

  test("text that is not JSON is counted, and ends nothing", async () => {
    await using server = await serveRaw((request, socket) => {
      acceptHandshake(request, socket);
      socket.write(textFrame("this is not JSON"));
      socket.write(textFrame('{"stream":"x","data":{"e":"depthUpdate","s":"ABUSDT"}}'));
    });
    const urls = { httpBase: server.url, wsBase: server.wsUrl };
    const feed = startFeed({ ...QUICK, ...urls, symbols: ["ABUSDT"] }, () => undefined);
    await eventually(() => expect(feed.stats().malformed).toBe(4));
    feed.stop();
  });
});

const describeRecorded = recordingsExist ? describe : describe.skip;

describeRecorded("recorded sessions (need shared/market-data)", () => {
  const replay = (names: string[], speed: "max" | "step") => ({
    replay: { files: names.map(marketDataFile), speed },
  });

  test.each([
    { files: ["spot-btcusdt-2024-08-08.jsonl.gz", "spot-ethusdt-2024-08-08.jsonl.gz"] },
    { files: ["spot-10-symbols-2021-04-05.jsonl.gz"] },
    { files: ["spot-4-symbols-2021-10-12.jsonl"] },
  ])(
    "$files replayed through the feed end in the book's own end state",
    async ({ files }) => {
      const ends = new Map(
        files.flatMap((file) => [...depthSessions(readRecording(file))].map(endOf)),
      );
      const symbols = [...ends.keys()];
      await using world = await watchFeed(replay(files, "max"), { symbols, staleAfterMs: 10_000 });
      const reached = () => symbols.map((symbol) => world.books.get(symbol)?.lastUpdateId);
      const finals = symbols.map((symbol) => ends.get(symbol)!.lastUpdateId);
      await eventually(() => expect(reached()).toEqual(finals), { withinMs: 60_000 });
      for (const symbol of symbols) {
        expect([symbol, digest20(world.books.get(symbol)!)]).toEqual([
          symbol,
          digest20(ends.get(symbol)!),
        ]);
      }
      expect(world.violations).toEqual([]);
      expect(world.feed.stats().malformed).toBe(0);
    },
    90_000,
  );

  test("thin markets, of which nothing is heard at all, are live since REST does not move", async () => {
    const symbols = ["NKNUSDT", "BLZETH", "LRCBTC", "RUNEEUR"];
    await using world = await watchFeed(replay(["spot-4-symbols-2021-10-12.jsonl"], "step"), {
      symbols,
    });
    for (const symbol of symbols) await isLive(world, symbol);
    await sleep(3_500); // More than twice the stale limit.
    for (const symbol of symbols) {
      expect(world.statuses(symbol).filter((text) => text.startsWith("live"))).toHaveLength(1);
      expect(world.status(symbol)).toBe("live");
    }
    expect(world.count("depth")).toBe(0);
    world.sim.control.step(1_000);
    await eventually(() => expect(world.books.get("NKNUSDT")!.lastUpdateId).toBe(499870179));
    expect(symbols.map((symbol) => digest20(world.books.get(symbol)!))).toEqual([
      "2a8ec232f2328c5b",
      "92b6fcdba38bd879",
      "b75895090942ad6b",
      "7668b31860a048f5",
    ]);
    expect(world.violations).toEqual([]);
  });
});

test.each([{ wsBase: "localhost:1" }, { httpBase: "not a url" }])(
  "%j is refused at once",
  (bases) => {
    expect(() => startFeed({ symbols: [], ...bases }, () => undefined)).toThrow(AppError);
  },
);

test("after the stop nothing is told and no connection is left", async () => {
  await using world = await watchFeed();
  await isLive(world);
  world.feed.stop();
  const { length } = world.events;
  await eventually(() => expect(world.lines()).toEqual([]));
  await sleep(300);
  expect(world.events).toHaveLength(length);
});
