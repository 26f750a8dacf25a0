import { describe, expect, test } from "@jest/globals";
import { readRecording, recordingsExist } from "@mirrorbook/testkit";
import fc from "fast-check";
import { parseSnapshot, parseStreamMessage } from "../src/parse.ts";

const UNITS = { symbol: "BTCUSDT", priceDecimals: 2, sizeDecimals: 7 };
const unitsOf = (symbol: string) => (symbol === "BTCUSDT" ? UNITS : undefined);
const parse = (message: unknown) => parseStreamMessage(message, unitsOf);

const DEPTH = {
  e: "depthUpdate",
  E: 1723161255208,
  s: "BTCUSDT",
  U: 10,
  u: 12,
  b: [["61737.63000000", "0.00000000"]],
  a: [["80000.00000000", "244.56630400"]],
};
const TRADE = { e: "trade", E: 5, s: "BTCUSDT", t: 7, p: "1.50", q: "0.5", T: 4, m: true, M: true };
const TICKER = { e: "24hrTicker", E: 9, s: "BTCUSDT", P: "-1.25", v: "10.5", c: "61737.63", n: 3 };

test("a depth event becomes ticks and lots, combined or raw", () => {
  const event = {
    symbol: "BTCUSDT",
    firstUpdateId: 10,
    finalUpdateId: 12,
    exchangeTimeMs: 1723161255208,
    bids: [[6173763, 0]],
    asks: [[8000000, 2445663040]],
  };
  expect(parse({ stream: "btcusdt@depth@100ms", data: DEPTH })).toEqual({ kind: "depth", event });
  expect(parse(DEPTH)).toEqual({ kind: "depth", event });
});

test("a trade is read, with the extra fields of 2023", () => {
  expect(parse({ ...TRADE, b: 88, a: 50 })).toEqual({
    kind: "trade",
    trade: {
      symbol: "BTCUSDT",
      tradeId: 7,
      price: 150,
      size: 5_000_000,
      buyerIsMaker: true,
      tradeTimeMs: 4,
    },
  });
});

test("a ticker is passed on as text", () => {
  expect(parse({ data: TICKER })).toEqual({
    kind: "ticker",
    exchangeTimeMs: 9,
    ticker: {
      kind: "ticker",
      symbol: "BTCUSDT",
      change24h: "-1.25",
      volume24h: "10.5",
      last: "61737.63",
    },
  });
});

test.each([
  ["bookTicker, which has no e", { u: 4, s: "BTCUSDT", b: "1", B: "1", a: "2", A: "1" }],
  ["an acknowledgement", { result: null, id: 1 }],
  ["an unknown event", { e: "novelty", s: "BTCUSDT" }],
  ["a market not asked for", { ...DEPTH, s: "ETHUSDT" }],
])("%s is ignored", (_, message) => {
  expect(parse(message)).toEqual({ kind: "ignored" });
});

test.each([
  [{ e: "serverShutdown", E: 1 }],
  [{ stream: "!serverShutdown", data: { e: "serverShutdown", E: 1 } }],
])("%j announces the end of the connection", (message) => {
  expect(parse(message)).toEqual({ kind: "shutdown" });
});

test.each([
  ["not JSON"],
  [null],
  [7],
  [[]],
  [{ ...DEPTH, U: 13 }],
  [{ ...DEPTH, u: "12" }],
  [{ ...DEPTH, u: 1.5 }],
  [{ ...DEPTH, u: 2 ** 53 }],
  [{ ...DEPTH, E: undefined }],
  [{ ...DEPTH, b: undefined }],
  [{ ...DEPTH, b: [["1.00"]] }],
  [{ ...DEPTH, b: [[1, 2]] }],
  [{ ...DEPTH, b: ["1.00"] }],
  [{ ...DEPTH, b: [["0.00", "1"]] }],
  [{ ...DEPTH, b: [["-1.00", "1"]] }],
  [{ ...DEPTH, b: [["1.001", "1"]] }],
  [{ ...DEPTH, b: [["1e3", "1"]] }],
  [{ ...DEPTH, b: [["1.2.3", "1"]] }],
  [{ ...DEPTH, b: [[".5", "1"]] }],
  [{ ...DEPTH, b: [["", "1"]] }],
  [{ ...DEPTH, a: [["1.00", "99999999999999999999"]] }],
  [{ ...DEPTH, b: [["1.0000000x", "1"]] }],
  [{ ...TRADE, p: "1.001" }],
  [{ ...TRADE, m: "yes" }],
  [{ ...TRADE, p: "0" }],
  [{ ...TRADE, t: -1 }],
  [{ ...TICKER, P: 3 }],
  [{ ...TICKER, c: "abc" }],
])("%j is malformed, and nothing throws", (message) => {
  expect(parse(message)).toEqual({ kind: "malformed", reason: expect.any(String) });
});

test("property: whatever JSON comes, the answer is one of the known kinds", () => {
  const near = fc.record(
    {
      e: fc.constantFrom("depthUpdate", "trade", "24hrTicker", "bookTicker"),
      s: fc.constantFrom("BTCUSDT", "ETHUSDT"),
      E: fc.jsonValue(),
      U: fc.oneof(fc.nat(), fc.jsonValue()),
      u: fc.oneof(fc.nat(), fc.jsonValue()),
      b: fc.oneof(fc.array(fc.tuple(fc.string(), fc.string())), fc.jsonValue()),
      a: fc.jsonValue(),
      p: fc.jsonValue(),
    },
    { requiredKeys: ["e", "s"] },
  );
  const kinds = ["depth", "trade", "ticker", "shutdown", "ignored", "malformed"];
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), near), (message) => {
      expect(kinds).toContain(parse(message).kind);
    }),
  );
});

test("the disappearance of a level between the ticks is of no interest", () => {
  const message = parse({
    ...DEPTH,
    b: [
      ["1.001", "0.00000000"],
      ["1.00", "0.0000001"],
    ],
  });
  expect(message).toMatchObject({ kind: "depth", event: { bids: [[100, 1]] } });
});

describe("a snapshot", () => {
  const level = (price: string, quantity: string) => ({ price, quantity });
  const body = {
    lastUpdateId: 5,
    bids: [level("2.00", "1"), level("1.00", "2.5")],
    asks: [level("3.00", "1")],
  };

  test("is read as the library hands it over", () => {
    expect(parseSnapshot(body, UNITS)).toEqual({
      kind: "snapshot",
      snapshot: {
        symbol: "BTCUSDT",
        lastUpdateId: 5,
        bids: [
          [200, 10_000_000],
          [100, 25_000_000],
        ],
        asks: [[300, 10_000_000]],
      },
    });
  });

  test("levels between the ticks, left over from a finer tick, are skipped", () => {
    const bids = [level("2.00", "1"), level("1.995", "7"), level("1.99", "1")];
    const parsed = parseSnapshot({ ...body, bids }, UNITS);
    expect(parsed).toMatchObject({
      snapshot: {
        bids: [
          [200, 10_000_000],
          [199, 10_000_000],
        ],
      },
    });
  });

  test.each([
    [{ ...body, lastUpdateId: "5" }],
    [{ ...body, bids: body.bids.toReversed() }],
    [{ ...body, asks: [level("3.00", "1"), level("3.00", "1")] }],
    [{ ...body, asks: "none" }],
    [{ ...body, asks: [null] }],
    ["not JSON"],
  ])("%j is malformed", (raw) => {
    expect(parseSnapshot(raw, UNITS).kind).toBe("malformed");
  });
});

(recordingsExist ? test : test.skip)(
  "every recorded message is understood (needs shared/market-data)",
  () => {
    const kinds = new Map<string, number>();
    for (const line of readRecording("spot-btcusdt-2024-08-08.jsonl.gz")) {
      if (line.kind !== "ws") continue;
      const { kind } = parse({ stream: line.stream, data: line.data });
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    }
    expect(Object.fromEntries(kinds)).toEqual({ depth: 3451, trade: 9757, ignored: 28_040 });
  },
);
