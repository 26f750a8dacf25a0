import { expect, test } from "@jest/globals";
import { batchOf } from "@mirrorbook/fanout";
import type { Balance, Position, UserEvent, UserState } from "@mirrorbook/protocol";
import { applyBatch, figuresOf, ownedIn } from "../../src/marks/owned.ts";
import { markPortfolio, markPosition } from "../../src/marks/valuation.ts";

const BITCOIN: Position = {
  id: "p1",
  account: "main",
  pair: "SIM_BTC/SIM_USD",
  symbol: "BTCUSDT",
  side: "long",
  quantity: "0.5",
  entryPrice: "40000",
  currentPrice: "40000",
  unrealizedPnL: "0",
  unrealizedPnLPercent: "0",
  realizedPnL: "-10",
  totalPnL: "-10",
  status: "open",
  openedAt: "2026-01-01T00:00:00.000Z",
  closedAt: null,
};
const balance = (asset: string, total: string, account = "main"): Balance => ({
  account,
  asset,
  total,
  available: total,
  locked: "0",
});
const bid = (price: string | null) => ({ ofSymbol: () => price, ofAsset: () => price });

test("a position is worth what the best bid pays", () => {
  expect(markPosition(BITCOIN, bid("42000"))).toMatchObject({
    currentPrice: "42000",
    unrealizedPnL: "1000",
    unrealizedPnLPercent: "5",
    totalPnL: "990",
  });
  expect(markPosition(BITCOIN, bid(null))).toEqual(BITCOIN);
  expect(markPosition({ ...BITCOIN, status: "closed" }, bid("42000")).currentPrice).toBe("40000");
});

test("what the exchange stores beside a position stays with the exchange", () => {
  const stored = { ...BITCOIN, cost: "20000" };
  expect(markPosition(stored, bid("42000"))).not.toHaveProperty("cost");
});

test("equity is deposited + realised + unrealised, per portfolio", () => {
  const figures = { account: "main", deposited: "100000", realizedPnL: "-10" };
  const balances = [
    balance("SIM_USD", "79990"),
    balance("SIM_BTC", "0.5"),
    balance("SIM_USD", "5", "room-1"),
  ];
  expect(markPortfolio(figures, balances, bid("42000"))).toEqual({
    account: "main",
    equity: "100990",
    cash: "79990",
    unrealizedPnL: "1000",
    realizedPnL: "-10",
    returnPercent: "0.99",
  });
});

test("what a user owns follows its events once each, and a hole is noticed", () => {
  const state: UserState = {
    seq: 4,
    balances: [balance("SIM_USD", "100")],
    positions: [],
    portfolios: [],
    openOrders: [],
  };
  const owned = ownedIn(state);
  const timestamp = "2026-01-01T00:00:00.000Z";
  const spent: UserEvent = [
    "balance:updated",
    { ...balance("SIM_USD", "60"), seq: 5, timestamp, reason: "trade" },
  ];
  const opened: UserEvent = ["position:opened", { seq: 6, timestamp, position: BITCOIN }];
  const valued: UserEvent = [
    "portfolio:updated",
    {
      seq: 7,
      timestamp,
      account: "main",
      equity: "95",
      cash: "60",
      unrealizedPnL: "-2",
      realizedPnL: "-3",
      returnPercent: "-5",
    },
  ];
  const apply = (...events: UserEvent[]) => applyBatch(owned, batchOf(events));
  expect(apply(spent)).toBe("applied");
  expect(apply(spent, opened)).toBe("applied");
  expect(apply(valued)).toBe("applied");
  expect(apply(spent)).toBe("known");
  expect([...owned.balances.values()].map(({ total }) => total)).toEqual(["60"]);
  expect([...owned.positions.values()]).toEqual([BITCOIN]);
  expect(figuresOf(owned)).toEqual([{ account: "main", deposited: "100", realizedPnL: "-3" }]);
  expect(apply(["position:closed", { seq: 9, timestamp, position: BITCOIN }])).toBe("gap");
});
