/** A room of 200 bots through its whole life, on real processes, with the audit clean at the end. */
import { hash } from "node:crypto";
import { expect, test } from "@jest/globals";
import { auditSystem, isClean } from "@mirrorbook/audit";
import type { TradeRoom } from "@mirrorbook/protocol";
import { keys, readFinal, readRoomCore } from "@mirrorbook/store";
import {
  AppProcess,
  answersAt,
  eventually,
  freePort,
  startCluster,
  startProcess,
} from "@mirrorbook/testkit";
import { startBots } from "../src/start-bots.ts";

const BOTS = 200;
const RUNS_FOR_MS = 15_000;

test("200 bots trade a room from its start to its settlement, and every posting adds up", async () => {
  await using cluster = await startCluster({
    symbols: ["BTCUSDT", "ETHUSDT"],
    gateways: 2,
    gatewayEnv: {
      GUESTS_PER_MINUTE_MAX: "10000",
      AUTH_ATTEMPTS_PER_MINUTE_MAX: "10000",
      REQUESTS_PER_SECOND_MAX: "10000",
      CONNECTIONS_PER_ADDRESS_MAX: "1000",
    },
  });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  await using worker = new AppProcess("worker-1", url, () =>
    startProcess({
      name: "worker-1",
      entry: "apps/worker/src/main.ts",
      env: {
        REDIS_URL: cluster.redis.url,
        NODE_ID: "worker-1",
        HEALTH_HOST: "127.0.0.1",
        HEALTH_PORT: String(port),
      },
      ready: answersAt(`${url}/healthz`),
    }),
  );
  await worker.start();
  const owner = await cluster.client("owner");
  const rules = {
    name: "Bots",
    markets: ["BTC", "ETH"],
    memberLimit: BOTS,
    durationMs: RUNS_FOR_MS,
    snapshotEveryMs: 1_000,
    metric: "sharpe",
    endRule: "liquidate",
  };
  const { body } = await owner.rest<{ room: TradeRoom }>("POST", "rooms", rules);
  const roomId = body.room.id;
  await owner.rest("POST", `rooms/${roomId}/open`);
  const urls = cluster.gateways.map((gateway) => gateway.url);
  const running = await startBots({ urls, roomId, count: BOTS, stepEveryMs: 2_000 });
  try {
    await owner.rest("POST", `rooms/${roomId}/start`);
    const redis = cluster.redis.client();
    await eventually(
      async () => expect((await readRoomCore(redis, roomId))?.status).toBe("ended"),
      { withinMs: 45_000 },
    );
    const accepted = running.bots.reduce((sum, bot) => sum + bot.accepted, 0);
    expect(accepted).toBeGreaterThan(BOTS);
    const report = await auditSystem(redis);
    expect(report).toMatchObject({ differences: [], unbalanced: [], incomplete: [] });
    expect(report.rooms).toEqual({ rooms: 1, wrong: [] });
    expect(isClean(report)).toBe(true);

    // What a forger with the keys to Redis would do: a better result, and the hash that fits it.
    const forged = (await readFinal(redis, roomId))!.replace(/"equity":"(\d)/, '"equity":"9$1');
    const core = { ...(await readRoomCore(redis, roomId)), finalHash: hash("sha256", forged) };
    await redis.set(keys.roomFinal(roomId), forged);
    expect((await auditSystem(redis)).rooms.wrong).toEqual([
      expect.stringContaining("not the one"),
    ]);
    await redis.hset(keys.roomState(roomId), "core", JSON.stringify(core));
    const found = (await auditSystem(redis)).rooms.wrong;
    expect(found).toEqual([expect.stringContaining("computed again")]);
  } finally {
    running.stop();
  }
}, 120_000);
