/** What the exchange does for trade rooms: gates, the end of a portfolio, liquidity of one's own. */
import { describe, expect, test } from "@jest/globals";
import type { CommandBody, Order, Portfolio } from "@mirrorbook/protocol";
import { World } from "./world.ts";

const ACCOUNT = "room-cup";
const OPEN: CommandBody = {
  type: "account:open_portfolio",
  account: ACCOUNT,
  startingBalance: "1000",
  settings: {
    makerFeeRate: "0",
    takerFeeRate: "0",
    fillModel: "queue",
    heldScope: "account",
    latency: null,
    ownFunding: false,
    trading: true,
    gated: true,
  },
};

function roomWorld(): World {
  const world = new World();
  world.snapshot([[100, 5]], [[101, 5]]);
  world.send(OPEN);
  return world;
}

function gate(world: World, symbols: readonly string[] | null) {
  return world.apply({ kind: "gate", account: ACCOUNT, symbols, atMs: world.nowMs });
}

describe("a gated portfolio", () => {
  test("takes orders only while its gate is open, and only in the gate's markets", () => {
    const world = roomWorld();
    const buy = { account: ACCOUNT, quantity: "1" };
    expect(world.place(buy)).toMatchObject({ ok: false, error: { code: "ROOM_STATE" } });
    gate(world, ["ETHUSDT"]);
    expect(world.place(buy)).toMatchObject({ ok: false, error: { code: "ROOM_STATE" } });
    gate(world, ["BTCUSDT"]);
    expect(world.place(buy)).toMatchObject({ ok: true });
    gate(world, null);
    expect(world.place(buy)).toMatchObject({ ok: false, error: { code: "ROOM_STATE" } });
  });

  test("loses its open orders when the gate closes; other accounts keep theirs", () => {
    const world = roomWorld();
    gate(world, ["BTCUSDT"]);
    const rest = { type: "limit", quantity: "1", price: "99" } as const;
    const inRoom = world.placed({ ...rest, account: ACCOUNT });
    const inMain = world.placed(rest);
    gate(world, null);
    const ended = world.events.filter(([name]) => name === "order:cancelled");
    expect(ended.map(([, { order }]) => (order as Order).id)).toEqual([inRoom.order.id]);
    expect(world.field(`order/${inMain.order.id}`)).toBeDefined();
    expect(world.field<{ locked: string }>(`balance/${ACCOUNT}/SIM_USD`)?.locked).toBe("0");
  });

  test("is part of the digest, so that a replay without it differs", () => {
    const [left, right] = [roomWorld(), roomWorld()];
    gate(left, ["BTCUSDT"]);
    expect(left.exchange.digest()).not.toBe(right.exchange.digest());
    gate(right, ["BTCUSDT"]);
    expect(left.exchange.digest()).toBe(right.exchange.digest());
  });
});

describe("closing a portfolio", () => {
  const close = (liquidate: boolean): CommandBody => ({
    type: "account:close_portfolio",
    account: ACCOUNT,
    liquidate,
  });

  function traded(): World {
    const world = roomWorld();
    gate(world, ["BTCUSDT"]);
    world.placed({ account: ACCOUNT, quantity: "2" }); // 2 at 101: 798 of 1000 left.
    world.placed({ account: ACCOUNT, type: "limit", quantity: "1", price: "99" });
    gate(world, null);
    return world;
  }

  test("marks positions at the best bid and keeps them", () => {
    const world = traded();
    const answer = world.send<{ portfolio: Portfolio }>(close(false));
    expect(answer).toMatchObject({
      ok: true,
      value: { portfolio: { equity: "998", cash: "798" } },
    });
    gate(world, ["BTCUSDT"]);
    const again = world.place({ account: ACCOUNT, quantity: "1" });
    expect(again).toMatchObject({ ok: false, error: { code: "ROOM_STATE" } });
  });

  test("sells positions at the book when asked to, behind a closed gate", () => {
    const world = traded();
    world.depth({
      bids: [
        [100, 1],
        [90, 5],
      ],
    });
    const answer = world.send<{ portfolio: Portfolio }>(close(true));
    // 1 at 100 and 1 at 90.
    expect(answer).toMatchObject({
      ok: true,
      value: { portfolio: { equity: "988", cash: "988" } },
    });
  });

  test("sells nothing on a stale market, and changes nothing", () => {
    const world = traded();
    world.status("stale");
    const answer = world.send(close(true));
    expect(answer).toMatchObject({ ok: false, error: { code: "MARKET_STALE", retry: true } });
    const stored = world.field<{ settings: { trading: boolean } }>(`account/${ACCOUNT}`);
    expect(stored?.settings.trading).toBe(true);
    world.status("live");
    expect(world.send(close(true))).toMatchObject({ ok: true });
  });

  test("happens once for one key, whatever comes after", () => {
    const world = traded();
    const first = world.send(close(true), { key: "settle" });
    const again = world.send(close(true), { key: "settle" });
    expect(again).toEqual({ ...first, replayed: true });
  });

  test("is not for the main portfolio", () => {
    const world = traded();
    world.send({ type: "account:open" });
    const answer = world.send({ ...close(false), account: "main" } as CommandBody);
    expect(answer).toMatchObject({ ok: false, error: { code: "UNKNOWN_ACCOUNT" } });
  });
});

test("a portfolio remembers when it last traded", () => {
  const world = roomWorld();
  gate(world, ["BTCUSDT"]);
  world.pass(1_000);
  world.placed({ account: ACCOUNT, quantity: "1" });
  const stored = world.field<{ lastFillAt: string }>(`account/${ACCOUNT}`);
  expect(stored?.lastFillAt).toBe(new Date(world.nowMs).toISOString());
});
