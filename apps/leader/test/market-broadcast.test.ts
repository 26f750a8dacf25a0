import { beforeEach, describe, expect, test } from "@jest/globals";
import type { MarketEvent } from "@mirrorbook/protocol";
import { MarketBroadcast } from "../src/broadcast/market-broadcast.ts";
import { MarketMirror } from "../src/market-mirror.ts";
import type { BroadcastStore } from "../src/ports.ts";
import { BTC } from "./fixtures.ts";

const { symbol } = BTC;
const AT = "2026-01-01T00:00:00.000Z";

let mirror: MarketMirror;
let told: MarketEvent[];
let isAnswerLost: boolean;
let broadcast: MarketBroadcast;

/** Takes what follows its last event, as Redis does; its answer may be lost on the way. */
const store = {
  lastSeq: async () => told.length,
  publishEvents: async (
    _stream: string,
    _symbol: string,
    lastSeq: number,
    events: MarketEvent[],
  ) => {
    if (lastSeq !== told.length) return { kind: "out_of_sequence" as const, seq: told.length };
    told.push(...events);
    if (isAnswerLost) throw new Error("the connection is gone");
    return { kind: "published" as const };
  },
} as unknown as BroadcastStore;

beforeEach(() => {
  mirror = new MarketMirror();
  mirror.apply({ kind: "market", spec: BTC });
  told = [];
  isAnswerLost = false;
  broadcast = new MarketBroadcast({
    store,
    source: "simulated",
    market: () => mirror.markets.get(symbol)!,
    heldShown: () => ({ bids: [], asks: [] }),
  });
});

function feedIs(status: "live" | "resyncing", reason: string): void {
  mirror.apply({ kind: "status", symbol, status, reason });
}

/** What clients believe: the last they were told. */
const believed = () => told.at(-1)?.[1];

describe("a publication whose answer is lost", () => {
  test("of a status: when the market is again what was told before it, that is told again", async () => {
    feedIs("live", "synchronised");
    await broadcast.status(AT);
    feedIs("resyncing", "a gap");
    isAnswerLost = true;
    await expect(broadcast.status(AT)).rejects.toThrow("gone");
    isAnswerLost = false;
    expect(believed()).toMatchObject({ status: "resyncing" });

    feedIs("live", "synchronised");
    await broadcast.status(AT);
    expect(believed()).toMatchObject({ status: "live", seq: 3 });
    await broadcast.status(AT);
    expect(told).toHaveLength(3);
  });

  test("of prices: when they are again what was told before it, they are told again", async () => {
    const changed = (change24h: string) =>
      mirror.apply({ kind: "ticker", symbol, change24h, volume24h: "1", last: "100.00" });
    changed("1.0");
    await broadcast.ticker(AT);
    changed("2.0");
    isAnswerLost = true;
    await expect(broadcast.ticker(AT)).rejects.toThrow("gone");
    isAnswerLost = false;
    changed("1.0");
    await broadcast.ticker(AT);
    expect(believed()).toMatchObject({ change24h: "1.0", seq: 3 });
  });
});
