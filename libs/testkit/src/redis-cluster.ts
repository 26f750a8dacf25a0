import { Cluster } from "ioredis";
import { eventually } from "./eventually.ts";
import { freePort } from "./free-port.ts";
import {
  type RedisPlace,
  type RedisServer,
  type RedisServerOptions,
  startRedis,
} from "./redis-server.ts";

const MASTERS = 3;
const SLOTS = 16_384;

/** Owns a Redis Cluster of three masters, each a real redis-server. */
export class RedisCluster implements RedisPlace, AsyncDisposable {
  readonly masters: readonly RedisServer[];
  readonly #clients = new Set<Cluster>();

  constructor(masters: readonly RedisServer[]) {
    this.masters = masters;
  }

  get env() {
    return { REDIS_CLUSTER_NODES: this.nodes };
  }

  /** For `REDIS_CLUSTER_NODES`. */
  get nodes(): string {
    return this.masters.map(({ port }) => `127.0.0.1:${port}`).join(",");
  }

  /** A client that goes with the cluster. */
  client(): Cluster {
    const startupNodes = this.masters.map(({ port }) => ({ host: "127.0.0.1", port }));
    const client = new Cluster(startupNodes, { shardedSubscribers: true });
    client.on("error", () => {}); // Commands carry their own failure.
    this.#clients.add(client);
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.disconnect();
    await Promise.all(this.masters.map((master) => master[Symbol.asyncDispose]()));
  }
}

/** Starts a cluster and waits until every master serves its slots and knows the others. */
export async function startRedisCluster(options: RedisServerOptions = {}): Promise<RedisCluster> {
  // Named, because the default, ten thousand above the port, lies where outgoing connections take theirs.
  const busPorts = await Promise.all(Array.from({ length: MASTERS }, freePort));
  const masters = await Promise.all(
    busPorts.map((busPort) =>
      startRedis({
        ...options,
        config: {
          "cluster-enabled": "yes",
          "cluster-node-timeout": "2000",
          "cluster-port": String(busPort),
          ...options.config,
        },
      }),
    ),
  );
  const cluster = new RedisCluster(masters);
  try {
    await introduce(masters, busPorts);
    return cluster;
  } catch (error) {
    await cluster[Symbol.asyncDispose]();
    throw error;
  }
}

async function introduce(
  masters: readonly RedisServer[],
  busPorts: readonly number[],
): Promise<void> {
  const admins = masters.map((master) => master.client());
  for (const [index, admin] of admins.entries()) {
    const first = Math.floor((SLOTS * index) / MASTERS);
    const last = Math.floor((SLOTS * (index + 1)) / MASTERS) - 1;
    await admin.cluster("ADDSLOTSRANGE", first, last);
    await admin.cluster("SET-CONFIG-EPOCH", index + 1);
  }
  for (const [index, { port }] of masters.entries()) {
    if (index > 0) await admins[0]!.call("CLUSTER", "MEET", "127.0.0.1", port, busPorts[index]!);
  }
  await eventually(async () => {
    for (const admin of admins) {
      const info = await admin.cluster("INFO");
      if (!info.includes("cluster_state:ok") || !info.includes(`cluster_known_nodes:${MASTERS}`)) {
        throw new Error("a master does not know the whole cluster yet");
      }
    }
  });
}
