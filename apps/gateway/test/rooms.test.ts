/** Trade rooms by REST on one node, told on another and to clients of document 004; a leader behind, no worker. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { accountOfRoom, type TradeRoom } from "@mirrorbook/protocol";
import {
  closeRedis,
  connectRedis,
  publishBoard,
  RoomPackets,
  readBoardState,
} from "@mirrorbook/store";
import type { TestClient } from "@mirrorbook/testkit";
import { eventually } from "@mirrorbook/testkit";
import { startExchange, type TestExchange } from "./support/exchange.ts";
import { PlainClient } from "./support/plain-client.ts";

const RULES = { name: "Cup", markets: ["BTC/USDT", "btc"], startingCash: "5000" };
let exchange: TestExchange;

beforeAll(async () => {
  exchange = await startExchange({
    gateways: 2,
    settings: { WS_PORT: "0", OWN_RANK_EVERY_MS: "100" },
  });
});
afterAll(() => exchange[Symbol.asyncDispose]());

interface Answer {
  readonly room: TradeRoom;
  readonly code?: string | null;
  readonly membership?: "joined" | "left" | "removed" | null;
}

interface RoomsPage {
  readonly rooms: TradeRoom[];
  readonly nextOffset: number | null;
}

async function created(owner: TestClient, rules: object = {}): Promise<Answer> {
  const { status, body } = await owner.rest<Answer>("POST", "rooms", { ...RULES, ...rules });
  expect({ status, body }).toMatchObject({ status: 201, body: { room: { status: "draft" } } });
  return body;
}

async function move(owner: TestClient, room: TradeRoom, name: string): Promise<void> {
  const { status, body } = await owner.rest("POST", `rooms/${room.id}/${name}`);
  expect({ status, body }).toMatchObject({ status: 200 });
}

/** A plain WebSocket client of document 004 on the second node. */
async function roomsClient({ session }: TestClient): Promise<PlainClient> {
  const client = await PlainClient.connect(exchange.gateways[1]!.roomsUrl!);
  client.send({ type: "auth", data: { token: session.token } });
  await client.heard("auth_success");
  return client;
}

test("a room is made, joined and traded in by REST, and told to subscribers of another node", async () => {
  const owner = await exchange.client("owner", 0);
  const member = await exchange.client("member", 1);
  const { room } = await created(owner);
  expect(room).toMatchObject({
    markets: ["BTCUSDT"],
    startingCash: "5000",
    ownerId: owner.session.user.id,
  });
  expect((await member.rest("GET", `rooms/${room.id}`)).status).toBe(404);
  await move(owner, room, "open");
  expect((await member.rest("GET", `rooms/${room.id}`)).status).toBe(200);
  await member.subscribe({ channel: "room", roomId: room.id });

  expect(await member.rest("POST", `rooms/${room.id}/join`, {})).toMatchObject({ status: 200 });
  await move(owner, room, "start");
  const order = { account: accountOfRoom(room.id), pair: "BTC", side: "buy", type: "market" };
  const placed = await member.rest("POST", "orders", { ...order, quantity: "0.01" });
  expect(placed).toMatchObject({ status: 201, body: { order: { status: "filled" } } });
  const elsewhere = await member.rest("POST", "orders", { ...order, pair: "ETH", quantity: "0.1" });
  expect(elsewhere).toMatchObject({ status: 409, body: { code: "ROOM_STATE" } });
  await move(owner, room, "pause");
  await eventually(() => {
    const told = member.received.filter(({ name }) => name.startsWith("room:"));
    expect(told.map(({ name, payload }) => [name, payload.room.status])).toEqual([
      ["room:member_joined", "open"],
      ["room:state_changed", "running"],
      ["room:started", "running"],
      ["room:state_changed", "paused"],
    ]);
  });
  const { body } = await member.rest<{ members: object[] }>("GET", `rooms/${room.id}/members`);
  expect(body.members).toMatchObject([{ userId: member.session.user.id }]);
});

test("a room by invitation is joined with its code alone, and is on nobody else's list", async () => {
  const owner = await exchange.client("owner", 0);
  const [guest, stranger] = [
    await exchange.client("guest", 1),
    await exchange.client("stranger", 1),
  ];
  const { room, code } = await created(owner, { visibility: "code" });
  await move(owner, room, "open");
  expect((await guest.rest("POST", `rooms/${room.id}/join`, {})).status).toBe(403);
  expect((await guest.rest("POST", "rooms/join", { code: `${room.id}.guess` })).status).toBe(403);
  expect((await guest.rest("POST", "rooms/join", { code })).status).toBe(200);
  const listed = async (client: TestClient) => {
    const { body } = await client.rest<{ rooms: TradeRoom[] }>("GET", "rooms");
    return body.rooms.some(({ id }) => id === room.id);
  };
  expect([await listed(owner), await listed(guest), await listed(stranger)]).toEqual([
    true,
    true,
    false,
  ]);
  const seen = await guest.rest<Answer>("GET", `rooms/${room.id}`);
  expect(seen.body.code).toBeUndefined();
  expect(seen.body.membership).toBe("joined");
  await guest.rest("POST", `rooms/${room.id}/leave`);
  const mine = await guest.rest<{ memberships: object }>("GET", "rooms?mine=true");
  expect(mine.body.memberships).toEqual({ [room.id]: "left" });
  expect((await owner.rest<Answer>("GET", `rooms/${room.id}`)).body.membership).toBeNull();
});

test("a page of rooms is full as long as there are more to show, however many others lie between", async () => {
  const collector = await exchange.client("player", 0);
  const crowd = await exchange.client("others", 1);
  const own: string[] = [];
  for (let i = 0; i < 3; i++) {
    own.unshift((await created(collector, { name: `Mine ${i}` })).room.id);
    for (let n = 0; n < 3; n++) await created(crowd, { name: `Theirs ${i} ${n}` });
  }
  const found: string[] = [];
  const sizes: number[] = [];
  let offset: number | null = 0;
  while (offset !== null) {
    const path: string = `rooms?mine=true&limit=2&offset=${offset}`;
    const page: { body: RoomsPage } = await collector.rest<RoomsPage>("GET", path);
    found.push(...page.body.rooms.map(({ id }) => id));
    sizes.push(page.body.rooms.length);
    offset = page.body.nextOffset;
  }
  expect(found).toEqual(own);
  expect(sizes[0]).toBe(2);
});

test("a room by invitation is seen by its members only, in every dialect, until they leave", async () => {
  const owner = await exchange.client("owner", 0);
  const stranger = await exchange.client("stranger", 1);
  const guest = await exchange.client("guest", 1);
  const { room, code } = await created(owner, { name: "Den", visibility: "code" });
  const subscription = { channel: "room", roomId: room.id } as const;
  expect(await guest.subscribe(subscription)).toMatchObject({ errors: [{ code: "UNKNOWN_ROOM" }] });
  await move(owner, room, "open");
  expect(await guest.rest("POST", "rooms/join", { code })).toMatchObject({ status: 200 });

  await using spy = await roomsClient(stranger);
  spy.send({ type: "subscribe_room", data: { bullPenId: room.id } });
  expect(await spy.heard("error")).toMatchObject({ data: { code: "FORBIDDEN" } });
  expect(await stranger.subscribe(subscription)).toMatchObject({
    ok: false,
    errors: [{ code: "FORBIDDEN" }],
  });
  for (const path of ["", "/members", "/leaderboard", "/snapshots", "/equity", "/result"]) {
    expect((await stranger.rest("GET", `rooms/${room.id}${path}`)).status).toBe(403);
  }
  await using insider = await roomsClient(guest);
  insider.send({ type: "subscribe_room", data: { bullPenId: room.id } });
  await insider.heard("subscribed");
  expect(await guest.subscribe(subscription)).toMatchObject({ ok: true });
  expect(await owner.subscribe(subscription)).toMatchObject({ ok: true });

  await guest.rest("POST", `rooms/${room.id}/leave`);
  await insider.heard("unsubscribed");
  await eventually(() => expect(guest.of("unsubscribed")).toHaveLength(1));
  await move(owner, room, "start");
  await eventually(() => expect(owner.of("room:started")).toHaveLength(1));
  for (const { received } of [spy, insider]) {
    expect(received.filter(({ type }) => type === "room_started")).toEqual([]);
  }
  const told = ({ received }: TestClient) =>
    received.map(({ name }) => name).filter((name) => name.startsWith("room:"));
  expect(told(guest)).toEqual(["room:member_left"]);
  expect(told(stranger)).toEqual([]);
});

test("members learn of their own rank wherever they are connected, and of nobody else's", async () => {
  const owner = await exchange.client("owner", 0);
  const member = await exchange.client("ranked", 1);
  const other = await exchange.client("other", 0);
  const { room } = await created(owner, { name: "League" });
  await move(owner, room, "open");
  await move(owner, room, "start");
  const where = { kind: "server", url: exchange.cluster.redis.url } as const;
  using held = new DisposableStack();
  const redis = held.adopt(connectRedis(where, "jobs"), closeRedis);
  const ids = Array.from({ length: 30 }, (_, index) => `someone-${index}`);
  const rank = async (userIds: readonly string[]): Promise<void> => {
    const { ticks, seq } = await readBoardState(redis, room.id);
    const ranked = userIds.map((userId, index) => [userId, index + 1] as const);
    const rows = ranked.map(([userId, place]) => {
      const row = { rank: place, userId, name: userId, equity: "1", returnPercent: "0" };
      return [userId, JSON.stringify(row)] as const;
    });
    const tick = { roomId: room.id, status: "running", ticks, lastSeq: seq } as const;
    const written = { ...tick, ranks: ranked, rows, gone: [], events: [] };
    expect(await publishBoard(redis, new RoomPackets(), written)).toEqual({ kind: "written" });
  };
  const { id } = member.session.user;
  await rank([...ids, id]);
  for (const client of [member, other])
    await client.subscribe({ channel: "room", roomId: room.id });
  await using elsewhere = await roomsClient(member);
  elsewhere.send({ type: "subscribe_room", data: { bullPenId: room.id } });
  const ranks = () =>
    member.of("leaderboard:own_rank").map(({ previousRank, row }) => [previousRank, row.rank]);
  await eventually(() => expect(ranks()).toEqual([[null, 31]]));
  await elsewhere.heard("ranking_changed");
  await rank([...ids.slice(0, 25), id, ...ids.slice(25)]);
  await eventually(() => expect(ranks().at(-1)).toEqual([31, 26]));
  await eventually(() =>
    expect(elsewhere.of("ranking_changed").map(({ data }) => data)).toMatchObject([
      { bullPenId: room.id, own: true, change: { userId: id, rank: 31, previousRank: null } },
      { bullPenId: room.id, own: true, change: { userId: id, rank: 26, previousRank: 31 } },
    ]),
  );
  expect(other.of("leaderboard:own_rank")).toEqual([]);
});

test("moderation is the owner's: others are refused, who is removed stays out", async () => {
  const owner = await exchange.client("owner", 0);
  const member = await exchange.client("member", 0);
  const { room } = await created(owner, { name: "Bowl" });
  await move(owner, room, "open");
  await member.rest("POST", `rooms/${room.id}/join`, {});
  for (const name of ["start", "end", `members/${owner.session.user.id}/kick`]) {
    expect((await member.rest("POST", `rooms/${room.id}/${name}`)).status).toBe(403);
  }
  const madeUp = await owner.rest("POST", `rooms/${room.id}/members/nobody/kick`);
  expect(madeUp).toMatchObject({ status: 404, body: { code: "NOT_FOUND" } });
  expect(await exchange.cluster.redis.client().keys("user:{nobody}*")).toEqual([]);
  await move(owner, room, `members/${member.session.user.id}/kick`);
  expect(await member.rest("POST", `rooms/${room.id}/join`, {})).toMatchObject({
    status: 403,
    body: { code: "FORBIDDEN" },
  });
  expect((await member.rest("POST", "rooms/unknown/join", {})).status).toBe(404);
  const bad = await owner.rest("POST", "rooms", { ...RULES, markets: ["NOPE"] });
  expect(bad).toMatchObject({ status: 400, body: { code: "UNKNOWN_MARKET" } });
});

test("one owner has a bounded number of rooms that are not over", async () => {
  const owner = await exchange.client("collector", 0);
  const rooms = [];
  for (let i = 0; i < 20; i++) rooms.push((await created(owner)).room);
  const { status, body } = await owner.rest("POST", "rooms", RULES);
  expect({ status, body }).toMatchObject({ status: 422, body: { code: "LIMIT_EXCEEDED" } });
  await move(owner, rooms[0]!, "cancel");
  await created(owner);
});

test("a client of document 004 follows a room's real life and its own trading in it", async () => {
  const owner = await exchange.client("owner", 0);
  const player = await exchange.client("player", 0);
  const { room } = await created(owner, { name: "Bulls" });
  await move(owner, room, "open");
  await using client = await roomsClient(player);
  client.send({ type: "subscribe_room", data: { bullPenId: room.id } });
  await client.heard("subscribed");

  await player.rest("POST", `rooms/${room.id}/join`, {});
  await move(owner, room, "start");
  const order = { account: accountOfRoom(room.id), pair: "BTC", type: "market", quantity: "0.01" };
  await player.rest("POST", "orders", { ...order, side: "buy" });
  await player.rest("POST", "orders", { ...order, side: "buy", quantity: "1000" });
  const limit = { ...order, type: "limit", side: "buy", price: "50000" };
  await player.rest("POST", "orders", limit);
  await move(owner, room, "pause");
  const data = { data: { bullPenId: room.id } };
  for (const type of [
    "member_joined",
    "room_state_changed",
    "room_started",
    "order_executed",
    "order_failed",
    "order_cancelled",
    "position_update",
    "portfolio_update",
  ]) {
    expect(await client.heard(type)).toMatchObject(data);
  }
});
