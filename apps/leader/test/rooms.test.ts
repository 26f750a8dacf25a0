/** Trade rooms through real leaders on a real Redis. */
import { describe, expect, test } from "@jest/globals";
import { accountOfRoom, ROOM_SYSTEM, RoomRules } from "@mirrorbook/protocol";
import {
  changesCursor,
  keys,
  listRooms,
  readChanges,
  readRoom,
  readRoomCore,
  readRoomEvents,
  readUserState,
} from "@mirrorbook/store";
import { eventually } from "@mirrorbook/testkit";
import { limitOrder, marketOrder } from "./fixtures.ts";
import { HandFeed, TestExchange } from "./support.ts";

const ONE = 100_000;
const ROOM = "cup";
const account = accountOfRoom(ROOM);
const btcFeed = () => new HandFeed([[9_999_00, 50 * ONE]], [[10_000_00, 50 * ONE]]);
const rules = RoomRules.parse({ name: "Cup", markets: ["BTCUSDT"], takerFeeRate: "0" });

async function openRoom(exchange: TestExchange): Promise<void> {
  const create = { type: "room:create", roomId: ROOM, rules, name: "Olga", code: null } as const;
  expect(await exchange.submit("olga", "create", create)).toMatchObject({ ok: true });
  expect(await move(exchange, "open")).toMatchObject({ ok: true });
}

function move(exchange: TestExchange, name: "open" | "start" | "pause" | "resume" | "end") {
  return exchange.submit("olga", `${name}-1`, { type: `room:${name}`, roomId: ROOM });
}

function join(exchange: TestExchange, userId: string, key = "join") {
  return exchange.submit(userId, key, {
    type: "room:join",
    roomId: ROOM,
    name: userId,
    code: null,
  });
}

describe("a trade room", () => {
  test("is traded in while it runs, by those who joined, apart from their own money", async () => {
    await using exchange = await TestExchange.start(btcFeed());
    await exchange.leaders(1);
    await openRoom(exchange);
    await exchange.submit("alice", "open", { type: "account:open" });
    expect(await join(exchange, "alice")).toMatchObject({ value: { room: { members: 1 } } });

    const buy = marketOrder({ quantity: "1", account });
    expect(await exchange.submit("alice", "early", buy)).toMatchObject({
      error: { code: "ROOM_STATE" },
    });
    await move(exchange, "start");
    expect(await exchange.submit("alice", "now", buy)).toMatchObject({ ok: true });
    expect(await exchange.submit("bob", "now", buy)).toMatchObject({
      error: { code: "UNKNOWN_ACCOUNT" },
    });
    await exchange.submit("alice", "rest", limitOrder({ price: "9000", quantity: "1", account }));
    await move(exchange, "pause");
    expect((await readUserState(exchange.redis, "alice"))?.openOrders).toEqual([]);
    expect(await exchange.submit("alice", "paused", buy)).toMatchObject({ ok: false });
    await move(exchange, "resume");
    expect(await exchange.submit("alice", "again", buy)).toMatchObject({ ok: true });

    const state = await readUserState(exchange.redis, "alice");
    const cash = state?.balances.filter(({ asset }) => asset === "SIM_USD") ?? [];
    const totals = Object.fromEntries(cash.map((balance) => [balance.account, balance.total]));
    expect(totals).toEqual({ main: "100000", [account]: "80000" });
  });

  test("tells its life in numbered events, and is on the list of rooms", async () => {
    await using exchange = await TestExchange.start(btcFeed());
    await exchange.leaders(1);
    await openRoom(exchange);
    await join(exchange, "alice");
    await move(exchange, "start");
    await exchange.submit("alice", "leave", { type: "room:leave", roomId: ROOM });
    await move(exchange, "end");
    const finalHash = "0".repeat(64);
    await exchange.submit(ROOM_SYSTEM, "settle", { type: "room:settle", roomId: ROOM, finalHash });
    const events = await readRoomEvents(exchange.redis, ROOM, "room", 0);
    expect(events.map(([name]) => name)).toEqual([
      "room:state_changed",
      "room:state_changed",
      "room:member_joined",
      "room:state_changed",
      "room:started",
      "room:member_left",
      "room:state_changed",
      "room:state_changed",
      "room:ended",
    ]);
    expect(events.map(([, { seq }]) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const { rooms } = await listRooms(exchange.redis);
    expect(rooms).toMatchObject([{ id: ROOM, status: "ended", marks: { BTCUSDT: "9999.00" } }]);
  });

  test("says which portfolios changed before they did, once per change of worth", async () => {
    await using exchange = await TestExchange.start(btcFeed());
    await exchange.leaders(1);
    await openRoom(exchange);
    await join(exchange, "alice");
    await move(exchange, "start");
    const before = await changesCursor(exchange.redis, ROOM);
    await exchange.submit("alice", "rest", limitOrder({ price: "9000", quantity: "1", account }));
    await exchange.submit("alice", "buy", marketOrder({ quantity: "1", account }));
    const { changes, lost } = await readChanges(exchange.redis, ROOM, before, 100);
    const version = Number(await exchange.redis.hget(keys.userState("alice"), "version"));
    expect(changes).toEqual([{ userId: "alice", version }]);
    expect(lost).toBe(false);
  });

  test("is left and joined again with the same portfolio; who is removed stays out", async () => {
    await using exchange = await TestExchange.start(btcFeed());
    await exchange.leaders(1);
    await openRoom(exchange);
    await join(exchange, "alice");
    await move(exchange, "start");
    const buy = marketOrder({ quantity: "1", account });
    await exchange.submit("alice", "b1", buy);
    await exchange.submit("alice", "leave", { type: "room:leave", roomId: ROOM });
    expect(await exchange.submit("alice", "b2", buy)).toMatchObject({ ok: false });
    expect(await join(exchange, "alice", "again")).toMatchObject({ ok: true });
    expect(await exchange.submit("alice", "b3", buy)).toMatchObject({ ok: true });
    const state = await readUserState(exchange.redis, "alice");
    expect(state?.positions).toMatchObject([{ account, quantity: "2" }]);
    const kick = { type: "room:kick", roomId: ROOM, memberId: "alice" } as const;
    expect(await exchange.submit("olga", "kick", kick)).toMatchObject({ ok: true });
    expect(await exchange.submit("alice", "b4", buy)).toMatchObject({ ok: false });
    expect(await join(exchange, "alice", "third")).toMatchObject({ error: { code: "FORBIDDEN" } });
  });
});

describe("when the leader vanishes", () => {
  test("the next one knows the room: seats, status and gate", async () => {
    await using exchange = await TestExchange.start(btcFeed());
    const [first, second] = await exchange.leaders(2);
    await openRoom(exchange);
    await join(exchange, "alice");
    await move(exchange, "start");
    first!.wire.cut();
    await eventually(() => expect(second!.leader.role).toBe("active"));
    const buy = marketOrder({ quantity: "1", account });
    expect(await exchange.submit("alice", "after", buy)).toMatchObject({ ok: true });
    expect(await join(exchange, "bob")).toMatchObject({ value: { room: { members: 2 } } });
    await move(exchange, "end");
    expect(await exchange.submit("alice", "late", buy)).toMatchObject({ ok: false });
    expect(
      (await readRoom(exchange.redis, ROOM))?.seats.map(({ userId }) => userId).sort(),
    ).toEqual(["alice", "bob"]);
  });

  test("between the two commits of a pause, the next one cancels what the pause should have", async () => {
    await using exchange = await TestExchange.start(btcFeed());
    const [first, second] = await exchange.leaders(2);
    await openRoom(exchange);
    await join(exchange, "alice");
    await move(exchange, "start");
    await exchange.submit("alice", "rest", limitOrder({ price: "9000", quantity: "1", account }));
    first!.wire.cut();
    // What Redis holds when only the room's half of the batch arrived.
    const core = await readRoomCore(exchange.redis, ROOM);
    const paused = { ...core, status: "paused" };
    await exchange.redis.hset(keys.roomState(ROOM), "core", JSON.stringify(paused));
    await eventually(() => expect(second!.leader.role).toBe("active"));
    await eventually(async () =>
      expect((await readUserState(exchange.redis, "alice"))?.openOrders).toEqual([]),
    );
    expect(exchange.faults).toEqual([]);
  });

  test("between the two commits of a join, asking again opens the portfolio", async () => {
    await using exchange = await TestExchange.start(btcFeed());
    const [first, second] = await exchange.leaders(2);
    await openRoom(exchange);
    await join(exchange, "alice");
    first!.wire.cut();
    await eventually(() => expect(second!.leader.role).toBe("active"));
    // A user whose half never arrived: the seat is there, the portfolio is not.
    const seat = { userId: "carol", name: "carol", status: "joined", joinedAtMs: 1 };
    await exchange.redis.hset(keys.roomState(ROOM), "seat/carol", JSON.stringify(seat));
    expect(await join(exchange, "carol")).toMatchObject({ ok: true });
    const state = await readUserState(exchange.redis, "carol");
    expect(state?.balances).toMatchObject([{ account, total: "100000" }]);
    expect(await join(exchange, "alice", "again")).toMatchObject({ ok: true });
    const alice = await readUserState(exchange.redis, "alice");
    expect(alice?.balances).toMatchObject([{ account, total: "100000" }]);
  });
});
