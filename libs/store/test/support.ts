/** What the tests of this folder share: real Redis, connections that go with it, and events to write. */
import type { UserEvent } from "@mirrorbook/protocol";
import { type RedisServer, startRedis } from "@mirrorbook/testkit";
import {
  closeRedis,
  connectRedis,
  type RedisClient,
  type RedisConfig,
  type RedisRole,
  RoomPackets,
  redisReady,
  type UserOutcome,
} from "../src/index.ts";

/** A server (or a cluster) and the connections a test opens to it. */
export class TestStore implements AsyncDisposable {
  readonly config: RedisConfig;
  readonly packets = new RoomPackets();
  readonly #owner: AsyncDisposable;
  readonly #clients: RedisClient[] = [];

  constructor(config: RedisConfig, owner: AsyncDisposable) {
    this.config = config;
    this.#owner = owner;
  }

  async connect(role: RedisRole = "command"): Promise<RedisClient> {
    const client = connectRedis(this.config, role);
    this.#clients.push(client);
    await redisReady(client, 10_000);
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) closeRedis(client);
    await this.#owner[Symbol.asyncDispose]();
  }
}

export async function startStore(): Promise<TestStore & { server: RedisServer }> {
  const server = await startRedis();
  const store = new TestStore({ kind: "server", url: server.url }, server);
  return Object.assign(store, { server });
}

export function balanceEvent(seq: number, total = "1"): UserEvent {
  return [
    "balance:updated",
    {
      seq,
      timestamp: "2026-01-01T00:00:00.000Z",
      account: "main",
      asset: "SIM_USD",
      total,
      available: total,
      locked: "0",
      reason: "deposit",
    },
  ];
}

/** An outcome that changes nothing but what the test names. */
export function outcome(fields: Partial<UserOutcome> = {}): UserOutcome {
  return {
    userId: "alice",
    version: 0,
    lastSeq: 0,
    changes: [],
    events: [],
    closedOrders: [],
    trades: [],
    postings: [],
    ...fields,
  };
}
