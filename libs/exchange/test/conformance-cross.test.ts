/** Numbered conformance cases: a market that is not quoted in cash, SIM_ETH/SIM_BTC beside SIM_BTC/SIM_USD and SIM_ETH/SIM_USD. */
import { describe, expect, test } from "@jest/globals";
import type { Lots, Ticks } from "@mirrorbook/kernel";
import type { Answer, PlacedOrder, Portfolio, Position } from "@mirrorbook/protocol";
import { marketSpec } from "@mirrorbook/testkit/market-spec";
import { Exchange } from "../src/index.ts";
import { PromiseKeeper } from "./promises.ts";
import { newOrder, START_MS } from "./world.ts";

const BTC = marketSpec();
const ETH = marketSpec({ symbol: "ETHUSDT", pair: "SIM_ETH/SIM_USD", base: "SIM_ETH" });
const CROSS = marketSpec({
  symbol: "ETHBTC",
  pair: "SIM_ETH/SIM_BTC",
  base: "SIM_ETH",
  quote: "SIM_BTC",
  priceDecimals: 4,
});

type Spec = typeof BTC;

class CrossWorld {
  readonly keeper: PromiseKeeper;
  portfolio: Portfolio | null = null;
  #commands = 0;

  constructor() {
    const fees = { makerFeeRate: "0", takerFeeRate: "0.01" };
    this.keeper = new PromiseKeeper(new Exchange({ startingBalance: "10000", ...fees }));
    this.keeper.exchange.loadUser({ userId: "alice", version: 0, fields: {} });
  }

  /** One bid and one ask of 100 lots of a coin, in plain units. */
  list(spec: Spec, bid: number, ask: number): void {
    const { symbol, priceDecimals } = spec;
    const level = (price: number): [Ticks, Lots] => {
      return [Math.round(price * 10 ** priceDecimals) as Ticks, 1_000_000 as Lots];
    };
    const lastUpdateId = (this.keeper.exchange.book(symbol)?.lastUpdateId ?? 0) + 1;
    const book = { symbol, lastUpdateId, bids: [level(bid)], asks: [level(ask)] };
    this.keeper.apply({ kind: "market", spec, atMs: START_MS });
    this.keeper.apply({ kind: "status", symbol, status: "live", reason: "test", atMs: START_MS });
    this.keeper.apply({ kind: "snapshot", snapshot: book, atMs: START_MS });
  }

  market(symbol: string, side: "buy" | "sell", quantity: string): Answer<PlacedOrder> {
    const id = `${START_MS}-${++this.#commands}`;
    const body = { type: "order:place", order: newOrder({ symbol, side, quantity }) } as const;
    const command = { id, userId: "alice", key: id, replyTo: "test", requestId: 0, body };
    const outcome = this.keeper.apply({ kind: "command", command, atMs: START_MS });
    for (const [name, payload] of outcome.commits.flatMap(({ events }) => events)) {
      if (name === "portfolio:updated") this.portfolio = payload;
    }
    return outcome.answer as Answer<PlacedOrder>;
  }

  position(symbol: string): Position | undefined {
    const text = this.keeper.stored.get("alice")!.fields[`position/main/${symbol}`];
    return text === undefined ? undefined : JSON.parse(text);
  }
}

function listed(): CrossWorld {
  const world = new CrossWorld();
  world.list(BTC, 1_000, 1_000);
  world.list(ETH, 100, 100);
  world.list(CROSS, 0.1, 0.1);
  return world;
}

describe("a market that is not quoted in cash", () => {
  test("X1 what a buy costs leaves the quote asset's own position, at its price", () => {
    const world = listed();
    world.market("BTCUSDT", "buy", "2");
    expect(world.position("BTCUSDT")).toMatchObject({ quantity: "1.98", entryPrice: "1000" });
    world.list(BTC, 1_500, 1_500);
    expect(world.market("ETHBTC", "buy", "10")).toMatchObject({ ok: true });
    expect(world.position("BTCUSDT")).toMatchObject({ quantity: "0.98", realizedPnL: "480" });
    expect(world.position("ETHBTC")).toMatchObject({ quantity: "9.9", realizedPnL: "-0.01" });
  });

  test("X2 the portfolio's realised P&L counts every market, in cash at the quote's price then", () => {
    const world = listed();
    world.market("BTCUSDT", "buy", "2");
    expect(world.portfolio).toMatchObject({ realizedPnL: "-20" });
    world.market("ETHBTC", "buy", "10");
    // A fee of 0.1 ETH is 0.01 BTC, and that 10 dollars.
    expect(world.portfolio).toMatchObject({ realizedPnL: "-30", equity: "9970" });
    world.list(CROSS, 0.2, 0.2);
    world.list(BTC, 1_200, 1_200);
    // 5 ETH bring 1 BTC less a fee of 0.01; they cost 0.5: 0.49 BTC, at 1,200 dollars.
    expect(world.market("ETHBTC", "sell", "5")).toMatchObject({
      ok: true,
      value: { trades: [{ realizedPnL: "0.49", fee: "0.01", feeAsset: "SIM_BTC" }] },
    });
    expect(world.portfolio).toMatchObject({ realizedPnL: "558" });
    expect(world.position("BTCUSDT")).toMatchObject({ quantity: "1.97" });
  });

  test("X3 equity less what was paid in is realised plus unrealised P&L", () => {
    const world = listed();
    world.market("BTCUSDT", "buy", "2");
    world.market("ETHBTC", "buy", "10");
    world.market("ETHBTC", "sell", "3");
    world.market("ETHUSDT", "sell", "1");
    const { equity, realizedPnL, unrealizedPnL } = world.portfolio!;
    expect(Number(equity) - 10_000).toBeCloseTo(Number(realizedPnL) + Number(unrealizedPnL), 9);
    world.keeper.auditAll();
  });

  test("X7 what is sold beyond a market's own position goes at its own price, without P&L but the fee", () => {
    const world = listed();
    world.market("BTCUSDT", "buy", "2");
    world.market("ETHBTC", "buy", "10");
    expect(world.market("ETHUSDT", "sell", "1")).toMatchObject({
      ok: true,
      value: { trades: [{ value: "100", fee: "1", realizedPnL: "-1" }] },
    });
  });

  test.each([
    ["X4 without a market that prices its quote asset", [ETH], "UNKNOWN_MARKET"],
    ["X5 without a market that prices its base asset", [BTC], "UNKNOWN_MARKET"],
  ])("%s it takes no orders", (_, markets, code) => {
    const world = new CrossWorld();
    for (const spec of markets) world.list(spec, 100, 100);
    world.list(CROSS, 0.1, 0.1);
    expect(world.market("ETHBTC", "buy", "1")).toMatchObject({ ok: false, error: { code } });
  });

  test("X6 while such a market has no price yet, it takes none either, and may later", () => {
    const world = new CrossWorld();
    world.list(ETH, 100, 100);
    world.keeper.apply({ kind: "market", spec: BTC, atMs: START_MS });
    world.list(CROSS, 0.1, 0.1);
    expect(world.market("ETHBTC", "buy", "1")).toMatchObject({
      ok: false,
      error: { code: "MARKET_STALE", retry: true },
    });
  });
});
