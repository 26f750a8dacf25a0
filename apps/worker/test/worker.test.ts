/** Workers as real processes on a real exchange: a room's whole life, and what happens when they are killed. */

import { hash } from "node:crypto";
import { expect, test } from "@jest/globals";
import {
  accountOfRoom,
  type LeaderboardRow,
  type RoomRules,
  type TradeRoom,
} from "@mirrorbook/protocol";
import { keys, readCurve, readFinal, readRoomCore, readRoomEvents } from "@mirrorbook/store";
import {
  AppProcess,
  answersAt,
  type Child,
  eventually,
  freePort,
  startCluster,
  startProcess,
  type TestClient,
  type TestCluster,
} from "@mirrorbook/testkit";

const RULES = { name: "Cup", markets: ["BTC"], snapshotEveryMs: 1_000 };

async function workerOf(cluster: TestCluster, name: string): Promise<AppProcess> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const start = (): Promise<Child> =>
    startProcess({
      name,
      entry: "apps/worker/src/main.ts",
      env: {
        REDIS_URL: cluster.redis.url,
        NODE_ID: name,
        HEALTH_HOST: "127.0.0.1",
        HEALTH_PORT: String(port),
        LEADERBOARD_EVERY_MS: "250",
        RECONCILE_EVERY_MS: "500",
      },
      ready: answersAt(`${url}/healthz`),
    });
  const app = new AppProcess(name, url, start);
  await app.start();
  return app;
}

async function openRoom(owner: TestClient, rules: Partial<RoomRules>): Promise<TradeRoom> {
  const { body } = await owner.rest<{ room: TradeRoom }>("POST", "rooms", { ...RULES, ...rules });
  await owner.rest("POST", `rooms/${body.room.id}/open`);
  return body.room;
}

async function trade(client: TestClient, room: TradeRoom, side: "buy" | "sell", quantity: string) {
  const account = accountOfRoom(room.id);
  return client.place({ account, pair: "BTC", side, type: "market", quantity });
}

test("a room starts, ranks, ends and is settled by itself, once, whatever happens to workers", async () => {
  await using cluster = await startCluster({ symbols: ["BTCUSDT"], gateways: 1 });
  await using first = await workerOf(cluster, "worker-1");
  await using second = await workerOf(cluster, "worker-2");
  const owner = await cluster.client("owner");
  const players = await Promise.all(["ann", "bob", "cleo"].map((name) => cluster.client(name)));
  const startsAtMs = Date.now() + 1_500;
  const room = await openRoom(owner, { startsAtMs, durationMs: 12_000, endRule: "liquidate" });
  for (const player of players) await player.rest("POST", `rooms/${room.id}/join`, {});
  await owner.subscribe({ channel: "room", roomId: room.id });
  await eventually(() => expect(owner.of("room:started")).toHaveLength(1));

  await trade(players[0]!, room, "buy", "0.5");
  await trade(players[1]!, room, "buy", "0.1");
  await eventually(async () => {
    const { body } = await players[2]!.rest<{ rows: LeaderboardRow[]; place: number }>(
      "GET",
      `rooms/${room.id}/leaderboard?around=me`,
    );
    expect(body.rows).toHaveLength(3);
    expect(body.rows[body.place - 1]!.userId).toBe(players[2]!.session.user.id);
  });
  await first.kill("SIGKILL"); // Most likely mid-tick: it ranks four times a second.
  const redis = cluster.redis.client();
  await eventually(async () =>
    expect((await readCurve(redis, room.id, players[0]!.session.user.id)).length).toBeGreaterThan(
      3,
    ),
  );
  // The whole queue is gone: the schedule is in the rooms.
  const jobs = await redis.keys("{jobs}:*");
  await redis.del(...jobs);
  const snapshots = await redis.llen(keys.roomSnapshots(room.id));
  await eventually(async () =>
    expect(await redis.llen(keys.roomSnapshots(room.id))).toBeGreaterThan(snapshots),
  );
  await second.restart("SIGKILL");
  await first.start();

  await eventually(async () => expect((await readRoomCore(redis, room.id))?.status).toBe("ended"), {
    withinMs: 25_000,
  });
  const core = (await readRoomCore(redis, room.id))!;
  const text = (await readFinal(redis, room.id))!;
  expect(hash("sha256", text, "hex")).toBe(core.finalHash);
  const { body } = await owner.rest<{ ranking: { rows: LeaderboardRow[] } }>(
    "GET",
    `rooms/${room.id}/result`,
  );
  expect(body.ranking.rows.map(({ rank }) => rank)).toEqual([1, 2, 3]);
  const positions = await players[0]!.rest<{ positions: { account: string }[] }>(
    "GET",
    "positions",
  );
  expect(positions.body.positions.filter(({ account }) => account !== "main")).toEqual([]);

  const life = await readRoomEvents(redis, room.id, "room", 0);
  expect(life.filter(([name]) => name === "room:started")).toHaveLength(1);
  expect(life.filter(([name]) => name === "room:ended")).toHaveLength(1);
  const board = await readRoomEvents(redis, room.id, "leaderboard", 0);
  expect(board.map(([, { seq }]) => seq)).toEqual(board.map((_, index) => index + 1));
  const told = owner.received.filter(({ name }) => name.startsWith("leaderboard:"));
  expect(told.map(({ payload }) => payload.seq)).toEqual(board.map(([, { seq }]) => seq));
  expect(new Set(told.map(({ name }) => name))).toEqual(
    new Set(["leaderboard:update", "leaderboard:ranking_changed", "leaderboard:snapshot_created"]),
  );
  expect(await redis.xlen(keys.roomChanges(room.id))).toBe(0);

  const figures = await Promise.all([first, second].map(metricsOf));
  const sum = (name: string) => figures.reduce((total, own) => total + (own.get(name) ?? 0), 0);
  expect(sum('mirrorbook_worker_tick_duration_seconds_count{outcome="written"}')).toBeGreaterThan(
    0,
  );
  expect(
    sum('mirrorbook_worker_job_duration_seconds_count{job="room",outcome="done"}'),
  ).toBeGreaterThan(0);
  expect(sum("mirrorbook_worker_members_ranked_total")).toBeGreaterThan(0);
  expect(figures[0]!.get('mirrorbook_worker_queue_jobs{state="failed"}')).toBe(0);
}, 90_000);

async function metricsOf({ url }: AppProcess): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(" ");
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}
