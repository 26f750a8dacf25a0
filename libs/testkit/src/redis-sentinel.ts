import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Redis } from "ioredis";
import { Child } from "./child.ts";
import { freePort } from "./free-port.ts";
import { type RedisPlace, type RedisServer, startRedis } from "./redis-server.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const MASTER_NAME = "mirrorbook";
/** Silence after which the Sentinel takes the master for dead. */
const DOWN_AFTER_MS = 500;
const READY_WITHIN_MS = 15_000;

/** Owns a master, its replica, and one Sentinel that promotes the replica when the master dies. */
export class RedisSentinel implements RedisPlace, AsyncDisposable {
  readonly master: RedisServer;
  readonly replica: RedisServer;
  readonly #port: number;
  readonly #owned: AsyncDisposableStack;

  constructor(parts: {
    readonly master: RedisServer;
    readonly replica: RedisServer;
    readonly port: number;
    readonly owned: AsyncDisposableStack;
  }) {
    this.master = parts.master;
    this.replica = parts.replica;
    this.#port = parts.port;
    this.#owned = parts.owned;
  }

  get env() {
    return { REDIS_SENTINELS: `127.0.0.1:${this.#port}`, REDIS_SENTINEL_NAME: MASTER_NAME };
  }

  /** A client of whichever server is the master. */
  client(): Redis {
    const sentinels = [{ host: "127.0.0.1", port: this.#port }];
    const client = new Redis({ sentinels, name: MASTER_NAME });
    client.on("error", () => {}); // Commands carry their own failure.
    this.#owned.defer(async () => client.disconnect());
    return client;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#owned.disposeAsync();
  }
}

/** Starts them and waits until the Sentinel knows both servers. */
export async function startRedisSentinel(): Promise<RedisSentinel> {
  await using owned = new AsyncDisposableStack();
  const master = owned.use(await startRedis());
  const replicaof = `127.0.0.1 ${master.port}`;
  const replica = owned.use(await startRedis({ config: { replicaof } }));
  const port = await freePort();
  const folder = owned.use(await temporaryFolder());
  const file = join(folder.path, "sentinel.conf");
  await writeFile(file, sentinelSettings(folder.path, port, master.port));
  const sentinel = owned.use(
    new Child({ name: "sentinel", command: "redis-server", arguments: [file, "--sentinel"] }),
  );
  await sentinel.line((line) => line.includes("+monitor master"), READY_WITHIN_MS);
  await sentinel.line((line) => line.includes("+slave"), READY_WITHIN_MS);
  return new RedisSentinel({ master, replica, port, owned: owned.move() });
}

function sentinelSettings(folder: string, port: number, masterPort: number): string {
  return [
    `port ${port}`,
    "bind 127.0.0.1",
    `dir ${folder}`,
    `sentinel monitor ${MASTER_NAME} 127.0.0.1 ${masterPort} 1`,
    `sentinel down-after-milliseconds ${MASTER_NAME} ${DOWN_AFTER_MS}`,
    `sentinel failover-timeout ${MASTER_NAME} 2000`,
    "",
  ].join("\n");
}
