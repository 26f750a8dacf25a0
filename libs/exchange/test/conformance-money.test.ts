/** Numbered conformance cases: money and positions, and commands that come twice. */
import { describe, expect, test } from "@jest/globals";
import type { Balance, Position } from "@mirrorbook/protocol";
import { ANSWERS_KEPT_MAX, USED_KEYS_MAX } from "../src/limits.ts";
import { ASKS, BIDS, EMPTY, limit, names, tradingWorld, usd } from "./trading-world.ts";
import { START_MS, World } from "./world.ts";

describe("money and positions", () => {
  test("A1 fees come off what is received, and a fee in base reduces the position", () => {
    const world = new World({ takerFeeRate: "0.001" });
    world.snapshot(BIDS, ASKS);
    world.placed({ quantity: "1" });
    expect(world.field<Balance>("balance/main/SIM_BTC")?.total).toBe("0.999");
    expect(world.field<Position>("position/main/BTCUSDT")).toMatchObject({
      quantity: "0.999",
      entryPrice: "101",
      realizedPnL: "-0.101",
      currentPrice: "99",
    });
    world.placed({ side: "sell", quantity: "0.5" });
    expect(usd(world).total).toBe("99948.4505");
  });

  test("A2 the entry price is the weighted average; a sale realises against it, net of fees", () => {
    const world = new World({ takerFeeRate: "0" });
    world.snapshot(BIDS, ASKS);
    world.placed({ quantity: "1" });
    world.placed({ quantity: "1" });
    expect(world.field<Position>("position/main/BTCUSDT")?.entryPrice).toBe("101.5");
    const { trades } = world.placed({ side: "sell", quantity: "1" });
    expect(trades[0]).toMatchObject({ type: "exit", realizedPnL: "-2.5" });
    expect(world.field<Position>("position/main/BTCUSDT")).toMatchObject({
      quantity: "1",
      entryPrice: "101.5",
    });
  });

  test("A3 selling everything closes the position; dust that cannot be sold is carried into the next", () => {
    const base = new World().spec;
    const rules = { ...base.rules, lot: { min: "0.1", max: "100", step: "0.1" } };
    const world = new World({ spec: { ...base, rules }, takerFeeRate: "0.01" });
    world.snapshot(BIDS, ASKS);
    world.placed({ quantity: "1" });
    world.placed({ side: "sell", quantity: "0.9" });
    expect(names(world)).toContain("position:closed");
    expect(world.field<Position>("position/main/BTCUSDT")).toMatchObject({
      status: "closed",
      quantity: "0.09",
    });
    world.placed({ quantity: "1" });
    expect(names(world)).toContain("position:opened");
    expect(world.field<Position>("position/main/BTCUSDT")).toMatchObject({
      status: "open",
      quantity: "1.08",
    });
  });

  test("A4 equity less deposits is realised plus unrealised P&L", () => {
    const world = new World({ takerFeeRate: "0.001", makerFeeRate: "0.0005" });
    world.snapshot(BIDS, ASKS);
    world.placed({ quantity: "2.5" });
    world.placed({ side: "sell", quantity: "0.7" });
    const [, portfolio] = world.events.find(([name]) => name === "portfolio:updated")!;
    const { unrealizedPnL } = world.field<Position>("position/main/BTCUSDT")!;
    expect(portfolio).toMatchObject({ unrealizedPnL });
    const profit = Number(portfolio.equity) - 100_000;
    expect(Number(portfolio.realizedPnL) + Number(unrealizedPnL)).toBeCloseTo(profit, 9);
  });

  test("A5 deposits and withdrawals are bounded and move what was paid in, not the P&L", () => {
    const world = tradingWorld();
    const transfer = (
      type: "account:deposit" | "account:withdraw",
      amount: string,
      asset = "SIM_USD",
    ) => world.send({ type, account: "main", asset, amount });
    expect(transfer("account:deposit", "1000000001")).toMatchObject({
      ok: false,
      error: { code: "LIMIT_EXCEEDED" },
    });
    expect(transfer("account:deposit", "5", "SIM_DOGE")).toMatchObject({
      ok: false,
      error: { code: "UNKNOWN_MARKET" },
    });
    expect(transfer("account:withdraw", "100000.01")).toMatchObject({
      ok: false,
      error: { code: "INSUFFICIENT_BALANCE" },
    });
    expect(transfer("account:withdraw", "40000")).toMatchObject({
      ok: true,
      value: { balance: { total: "60000" } },
    });
    expect(world.events.at(-1)).toMatchObject([
      "portfolio:updated",
      { equity: "60990", realizedPnL: "0", unrealizedPnL: "0", returnPercent: "0" },
    ]);
  });

  test("A7 who has taken out more than was paid in has no return, rather than one of the wrong sign", () => {
    const world = tradingWorld();
    world.snapshot([[198, 10]], [[199, 1]], 2);
    world.send({ type: "account:withdraw", account: "main", asset: "SIM_BTC", amount: "1" });
    expect(world.events.at(-1)).toMatchObject(["portfolio:updated", { returnPercent: "0.9822" }]);
    world.send({ type: "account:withdraw", account: "main", asset: "SIM_USD", amount: "100000" });
    world.send({ type: "account:withdraw", account: "main", asset: "SIM_BTC", amount: "5" });
    const [, portfolio] = world.events.at(-1)!;
    expect(portfolio).toMatchObject({ equity: "792", returnPercent: "0" });
  });

  test("A6 a reset cancels, returns everything and starts anew", () => {
    const world = tradingWorld();
    world.placed({ quantity: "1" });
    world.placed(limit("98", "1"));
    expect(world.send({ type: "account:reset", account: "main" })).toMatchObject({
      ok: true,
      value: { portfolio: { equity: "100000", realizedPnL: "0" } },
    });
    expect(names(world)).toEqual(expect.arrayContaining(["order:cancelled", "position:closed"]));
    expect(world.field("position/main/BTCUSDT")).toBeUndefined();
    expect(world.field<Balance>("balance/main/SIM_BTC")?.total).toBe("0");
  });
});

describe("once and only once (P3)", () => {
  test("I1 the same key with the same order gives the first answer again and changes nothing", () => {
    const world = tradingWorld();
    const first = world.place({ quantity: "1" }, { key: "mine" });
    const again = world.place({ quantity: "1" }, { key: "mine" });
    expect(again).toEqual({ ...first, replayed: true });
    expect(world.outcomes.at(-1)?.commits).toEqual([]);
  });

  test("I2 the same key with another order is refused", () => {
    const world = tradingWorld();
    world.place({ quantity: "1" }, { key: "mine" });
    expect(world.place({ quantity: "2" }, { key: "mine" })).toMatchObject({
      ok: false,
      error: { code: "COMMAND_ID_REUSED" },
    });
  });

  test("I3 a refusal is repeated too, though the order would pass now", () => {
    const world = tradingWorld();
    const order = limit("101", "1", { postOnly: true });
    world.place(order, { key: "mine" });
    world.depth({ asks: [[101, 0]] });
    expect(world.place(order, { key: "mine" })).toMatchObject({
      ok: false,
      error: { code: "WOULD_MATCH" },
    });
  });

  test("I4 a command read again after a takeover gives its answer and changes nothing", () => {
    const world = tradingWorld();
    const body = { type: "order:place", order: { ...EMPTY, ...limit("98", "1") } } as const;
    const first = world.send(body, { id: `${START_MS}-77`, key: "k" });
    expect(world.send(body, { id: `${START_MS}-77`, key: "k" })).toEqual({
      ...first,
      replayed: true,
    });
    expect(world.send(body, { id: `${START_MS}-76`, key: "older" })).toMatchObject({
      ok: false,
      error: { code: "OUTCOME_UNKNOWN" },
    });
    expect(world.outcomes.at(-1)?.commits).toEqual([]);
  });

  test("I5 a user's first order opens the main portfolio by itself", () => {
    const world = new World();
    world.snapshot(BIDS, ASKS);
    world.placed({ quantity: "1" });
    expect(usd(world).total).toBe("99899");
    expect(world.outcomes.at(-1)?.commits[0]?.postings[0]).toMatchObject({
      debit: "issuance",
      amount: "100000",
    });
  });

  test("I6 a key outlives its answer: a late retry is refused, not applied twice, also after a takeover", () => {
    const world = tradingWorld();
    const order = { quantity: "1" };
    world.place(order, { key: "first" });
    for (let i = 0; i < ANSWERS_KEPT_MAX; i++) {
      world.send({ type: "account:cancel_after", timeoutMs: 0 });
    }
    const refused = { ok: false, error: { code: "COMMAND_ID_REUSED", retry: false } };
    expect(world.place(order, { key: "first" })).toMatchObject(refused);
    world.exchange.loadUser({ userId: "alice", ...world.stored.get("alice")! });
    expect(world.place(order, { key: "first" })).toMatchObject(refused);
    expect(world.outcomes.at(-1)?.commits).toEqual([]);
  });

  test("I7 answers and keys are bounded, the oldest go first, and an open order's client id is not taken twice", () => {
    const world = tradingWorld();
    world.place(limit("90", "1"), { key: "first" });
    const commands = ANSWERS_KEPT_MAX + USED_KEYS_MAX + 10;
    for (let i = 0; i < commands; i++) world.send({ type: "account:cancel_after", timeoutMs: 0 });
    const kept = Object.entries(world.stored.get("alice")!.fields).filter(([field]) =>
      field.startsWith("answer/"),
    );
    const whole = kept.filter(([, text]) => JSON.parse(text).answer !== null);
    expect([kept.length, whole.length]).toEqual([
      ANSWERS_KEPT_MAX + USED_KEYS_MAX,
      ANSWERS_KEPT_MAX,
    ]);
    expect(world.place(limit("90", "1"), { key: "first" })).toMatchObject({
      ok: false,
      error: { code: "COMMAND_ID_REUSED" },
    });
  });

  test("I8 an attempt that arrives after a later one was refused is refused with it; a later one still is judged", () => {
    const world = tradingWorld();
    const order = { quantity: "1" };
    world.status("halted");
    const refused = { ok: false, error: { code: "MARKET_HALTED", retry: true } };
    expect(world.place(order, { key: "mine", sentAtMs: 20 })).toMatchObject(refused);
    world.status("live");
    world.depth({});
    expect(world.place(order, { key: "mine", sentAtMs: 10 })).toMatchObject(refused);
    expect(world.place(order, { key: "mine", sentAtMs: 20 })).toMatchObject(refused);
    world.exchange.loadUser({ userId: "alice", ...world.stored.get("alice")! });
    expect(world.place(order, { key: "mine", sentAtMs: 10 })).toMatchObject(refused);
    expect(world.outcomes.at(-1)?.commits).toEqual([]);

    const placed = world.place(order, { key: "mine", sentAtMs: 30 });
    expect(placed).toMatchObject({ ok: true, value: { order: { status: "filled" } } });
    expect(world.place(order, { key: "mine", sentAtMs: 10 })).toEqual({
      ...placed,
      replayed: true,
    });
  });

  test("I9 whoever does not say when an order was sent has each attempt judged", () => {
    const world = tradingWorld();
    world.status("halted");
    expect(world.place({ quantity: "1" }, { key: "mine" })).toMatchObject({ ok: false });
    world.status("live");
    world.depth({});
    expect(world.place({ quantity: "1" }, { key: "mine" })).toMatchObject({ ok: true });
  });

  test("I10 a refusal that may be retried outlives its text: an earlier attempt stays refused, a later one is judged", () => {
    const world = tradingWorld();
    const order = { quantity: "1" };
    world.status("halted");
    world.place(order, { key: "mine", sentAtMs: 20 });
    for (let i = 0; i < ANSWERS_KEPT_MAX; i++) {
      world.send({ type: "account:cancel_after", timeoutMs: 0 });
    }
    world.status("live");
    world.depth({});
    expect(world.place(order, { key: "mine", sentAtMs: 10 })).toMatchObject({
      ok: false,
      error: { code: "COMMAND_ID_REUSED" },
    });
    const placed = world.place(order, { key: "mine", sentAtMs: 30 });
    expect(placed).toMatchObject({ ok: true });
    world.exchange.loadUser({ userId: "alice", ...world.stored.get("alice")! });
    expect(world.place(order, { key: "mine", sentAtMs: 40 })).toEqual({
      ...placed,
      replayed: true,
    });
  });
});
