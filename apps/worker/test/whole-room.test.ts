/** A room on real processes: what a client of document 004 hears of it, and a settlement cut off at every step. */
import { expect, test } from "@jest/globals";
import { auditSystem, isClean } from "@mirrorbook/audit";
import {
  accountOfRoom,
  type Statement,
  type StreamCommandBody,
  type TradeRoom,
} from "@mirrorbook/protocol";
import {
  CommandDesk,
  closeRedis,
  connectRedis,
  RoomPackets,
  readFinal,
  readMarkets,
  readRoomCore,
} from "@mirrorbook/store";
import { eventually, startCluster, type TestClient, type TestCluster } from "@mirrorbook/testkit";
import { settleRoom } from "../src/settlement.ts";

const RULES = { name: "Cup", markets: ["BTC"], snapshotEveryMs: 1_000 };

/** Every message of document 004, section "Server → Client Events". */
const DOCUMENT_004 = [
  "auth_success",
  "order_executed",
  "order_failed",
  "order_cancelled",
  "leaderboard_update",
  "ranking_changed",
  "snapshot_created",
  "position_update",
  "position_closed",
  "portfolio_update",
  "room_state_changed",
  "room_started",
  "room_ended",
  "member_joined",
  "member_left",
];

interface Message {
  readonly type: string;
  readonly data: { readonly bullPenId?: string };
}

/** A plain WebSocket client that says what the document says, and remembers what it hears. */
async function document004Client(cluster: TestCluster, { session }: TestClient, roomId: string) {
  const socket = new WebSocket(`${cluster.gateways[0]!.url.replace("http", "ws")}/ws/rooms`);
  const heard: Message[] = [];
  socket.addEventListener("message", ({ data }) => heard.push(JSON.parse(String(data))));
  await new Promise((settle) => socket.addEventListener("open", settle, { once: true }));
  const say = (type: string, data: object) => socket.send(JSON.stringify({ type, data }));
  const hears = (type: string) =>
    eventually(() => expect(heard.map((message) => message.type)).toContain(type), {
      withinMs: 20_000,
    });
  say("auth", { token: session.token });
  await hears("auth_success");
  say("subscribe_room", { bullPenId: roomId });
  await hears("subscribed");
  return { heard, hears, [Symbol.dispose]: () => socket.close() };
}

async function openRoom(owner: TestClient, rules: object = {}): Promise<TradeRoom> {
  const { body } = await owner.rest<{ room: TradeRoom }>("POST", "rooms", { ...RULES, ...rules });
  await owner.rest("POST", `rooms/${body.room.id}/open`);
  return body.room;
}

test("a client of document 004 hears all its events by what really happens in a room", async () => {
  await using cluster = await startCluster({
    symbols: ["BTCUSDT"],
    gateways: 1,
    workers: 1,
    workerEnv: { LEADERBOARD_EVERY_MS: "250", RECONCILE_EVERY_MS: "250" },
  });
  const [owner, player, other] = await Promise.all(
    ["owner", "player", "other"].map((name) => cluster.client(name)),
  );
  const room = await openRoom(owner!);
  using client = await document004Client(cluster, player!, room.id);
  for (const member of [player!, other!]) await member.rest("POST", `rooms/${room.id}/join`, {});
  await owner!.rest("POST", `rooms/${room.id}/start`);
  const order = { account: accountOfRoom(room.id), pair: "BTC", type: "market", side: "buy" };
  await player!.place({ ...order, quantity: "0.1" });
  await player!.rest("POST", "orders", { ...order, quantity: "1000" });
  await player!.place({ ...order, type: "limit", price: "50000", quantity: "0.01" });
  await client.hears("portfolio_update");
  const { status } = await player!.rest("DELETE", `orders?account=${accountOfRoom(room.id)}`);
  expect(status).toBe(200);
  await player!.place({ ...order, side: "sell", quantity: "0.0999" }); // All of it: the fee took a thousandth.
  for (const type of ["leaderboard_update", "ranking_changed", "snapshot_created"]) {
    await client.hears(type);
  }
  await other!.rest("POST", `rooms/${room.id}/leave`);
  await owner!.rest("POST", `rooms/${room.id}/end`);
  for (const type of DOCUMENT_004) await client.hears(type);
  const named = client.heard.filter(({ type }) => DOCUMENT_004.includes(type));
  const homeless = named.filter(({ data }) => data.bullPenId !== room.id);
  expect(homeless.map(({ type }) => type)).toEqual(["auth_success"]);

  // And what a worker draws up for a user: the statement closes with the balances.
  const asked = await player!.rest("POST", "statement", { account: accountOfRoom(room.id) });
  expect(asked).toMatchObject({ status: 202, body: { statement: { status: "pending" } } });
  const statement = await eventually(async () => {
    const { body } = await player!.rest<{ statement: Statement }>("GET", "statement");
    if (body.statement.status !== "ready") throw new Error("not ready yet");
    return body.statement;
  });
  const { body } = await player!.rest<{
    balances: { account: string; asset: string; total: string }[];
  }>("GET", "balances");
  const cash = body.balances.find(
    ({ account, asset }) => account === accountOfRoom(room.id) && asset === "SIM_USD",
  );
  const line = statement.lines.find(({ asset }) => asset === "SIM_USD");
  expect(line).toMatchObject({ opening: "0", closing: cash!.total });
  expect(statement.complete).toBe(true);
}, 90_000);

test("a settlement that is cut off after any of its commands is finished by the next to the same end", async () => {
  await using cluster = await startCluster({ symbols: ["BTCUSDT"], gateways: 1 });
  const owner = await cluster.client("owner");
  const players = await Promise.all(["ann", "bob", "cleo"].map((name) => cluster.client(name)));
  const room = await openRoom(owner, { endRule: "liquidate" });
  for (const player of players) await player.rest("POST", `rooms/${room.id}/join`, {});
  await owner.rest("POST", `rooms/${room.id}/start`);
  const account = accountOfRoom(room.id);
  for (const [index, player] of players.entries()) {
    const quantity = `0.${index + 1}`;
    await player.place({ account, pair: "BTC", side: "buy", type: "market", quantity });
  }
  await owner.rest("POST", `rooms/${room.id}/end`);

  const where = { kind: "server", url: cluster.redis.url } as const;
  using held = new DisposableStack();
  const connect = (role: "jobs" | "command" | "subscriber") =>
    held.adopt(connectRedis(where, role), closeRedis);
  const redis = connect("jobs");
  const [commands, subscriber] = [connect("command"), connect("subscriber")];
  await eventually(() => expect([commands.status, subscriber.status]).toEqual(["ready", "ready"]));
  await using desk = await CommandDesk.open({ redis: commands, subscriber, node: "test" });
  const assets = new Map((await readMarkets(redis)).map(({ symbol, base }) => [symbol, base]));
  /** A worker that dies when it has sent so many commands. */
  const settle = (commandsMax: number) => {
    let sent = 0;
    const submit = async (userId: string, key: string, body: StreamCommandBody) => {
      if (sent++ >= commandsMax) throw new Error("killed");
      return desk.submit(userId, key, body);
    };
    const mortal = { submit } as unknown as Pick<CommandDesk, "submit">;
    return settleRoom({ redis, packets: new RoomPackets(), desk: mortal, assets }, room.id);
  };
  for (let commandsMax = 0; commandsMax <= players.length; commandsMax++) {
    await expect(settle(commandsMax)).rejects.toThrow("killed");
    expect((await readRoomCore(redis, room.id))?.status).toBe("settling");
  }
  const before = await readFinal(redis, room.id);
  await Promise.all([settle(Infinity), settle(Infinity)]); // Two workers at a time, at that.
  expect(await readFinal(redis, room.id)).toBe(before);
  expect((await readRoomCore(redis, room.id))?.status).toBe("ended");
  const report = await auditSystem(redis);
  expect(report.rooms).toEqual({ rooms: 1, wrong: [] });
  expect(isClean(report)).toBe(true);
}, 90_000);
