/**
 * Connections by role, because the three kinds of use want opposite things of a broken connection
 * (ARCHITECTURE 11: ioredis' defaults queue silently for more than 70 s and send again what was in flight).
 *
 * - `command`: reads and writes. Fails at once while Redis is away, gives up on an answer after 1.5 s, and never sends
 *   anything a second time by itself: whoever wrote decides, after reading what happened.
 * - `blocking`: XREAD BLOCK. Waits for Redis as long as it takes. One caller per connection.
 * - `subscriber`: sharded pub/sub. Waits, and subscribes again after a reconnection.
 * - `jobs`: what BullMQ asks of a worker's connection. Waits.
 */
import { Cluster, type RedisOptions as IoredisOptions, Redis } from "ioredis";
import { gatherWrites } from "./gather-writes.ts";
import type { RedisConfig } from "./redis-config.ts";
import { SCRIPTS } from "./scripts.ts";

export type RedisClient = Redis | Cluster;
/** Replies keep ioredis' ordinary shapes: maps as flat lists. */
type RedisOptions = Omit<IoredisOptions, "replyMapping">;
export type RedisRole = "command" | "blocking" | "subscriber" | "jobs";

export const COMMAND_TIMEOUT_MS = 1_500;
const CONNECT_TIMEOUT_MS = 2_000;
const RECONNECT_DELAY_MIN_MS = 50;
const RECONNECT_DELAY_MAX_MS = 1_000;
const CLUSTER_REFRESH_INTERVAL_MS = 2_000;
/** A server that neither answers nor closes for this long is taken for dead by those who wait for it. */
const SILENT_SOCKET_TIMEOUT_MS = 10_000;

export interface ConnectOptions {
  /** Shown by CLIENT LIST, e.g. "leader-1:commits". */
  readonly name?: string;
  /** Connection trouble, for the log; commands carry their own failure. */
  readonly onError?: (error: Error) => void;
}

/** Opens a connection for one role. It reconnects for ever; close it with `closeRedis`. */
export function connectRedis(
  config: RedisConfig,
  role: RedisRole,
  { name, onError = () => {} }: ConnectOptions = {},
): RedisClient {
  const options: RedisOptions = { ...roleOptions(role), ...(name ? { connectionName: name } : {}) };
  const client =
    config.kind === "cluster" ? cluster(config, role, options) : single(config, options);
  client.on("error", onError);
  if (client instanceof Cluster) client.on("node error", onError);
  if (role === "command") {
    if (client instanceof Cluster) connectEagerly(client);
    gatherWrites(client);
  }
  return client;
}

/** Closes a connection without waiting for answers that are still out. */
export function closeRedis(client: RedisClient): void {
  client.disconnect();
}

/** Settles when the connection takes commands. @throws {Error} when it does not within `withinMs`. */
export async function redisReady(client: RedisClient, withinMs: number): Promise<void> {
  await becomesReady(client, withinMs);
  if (!(client instanceof Cluster)) return;
  // Those still waiting for a first command take it, too: they are not of a `command` client.
  const nodes = client.nodes("master").filter(({ status }) => status !== "wait");
  await Promise.all(nodes.map((node) => becomesReady(node, withinMs)));
}

async function becomesReady(client: RedisClient, withinMs: number): Promise<void> {
  if (client.status === "ready") return;
  await new Promise<void>((resolve, reject) => {
    const onReady = () => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(() => {
      client.off("ready", onReady);
      reject(new Error(`Redis is not reachable (${client.status}) after ${withinMs} ms.`));
    }, withinMs);
    client.once("ready", onReady);
  });
}

function roleOptions(role: RedisRole): RedisOptions {
  const common: RedisOptions = {
    connectTimeout: CONNECT_TIMEOUT_MS,
    retryStrategy: reconnectDelay,
  };
  switch (role) {
    case "command":
      return {
        ...common,
        enableOfflineQueue: false,
        commandTimeout: COMMAND_TIMEOUT_MS,
        // Zero retries reject what is in flight as soon as the connection closes. Switching
        // `autoResendUnfulfilledCommands` off instead leaves it pending for ever (ioredis 6.0.0, redis/ioredis#2194).
        maxRetriesPerRequest: 0,
      };
    case "blocking":
      return { ...common, maxRetriesPerRequest: null, socketTimeout: SILENT_SOCKET_TIMEOUT_MS };
    case "subscriber":
    case "jobs":
      return { ...common, maxRetriesPerRequest: null };
  }
}

function single(
  config: Exclude<RedisConfig, { kind: "cluster" }>,
  options: RedisOptions,
): RedisClient {
  const { password } = config;
  const known = password === undefined ? {} : { password };
  // What a URL says goes before these options.
  const common = { ...options, ...known, scripts: SCRIPTS };
  if (config.kind === "server") return new Redis(config.url, common);
  const { sentinels, name } = config;
  return new Redis({
    ...common,
    sentinels: [...sentinels],
    name,
    // A demoted master answers READONLY until the connection moves on; Sentinel also cuts its clients off. So ioredis'
    // own `failoverDetector`, whose connections outlive `disconnect`, is not needed.
    reconnectOnError: (error) => error.message.startsWith("READONLY"),
  });
}

function cluster(
  config: Extract<RedisConfig, { kind: "cluster" }>,
  role: RedisRole,
  { enableOfflineQueue, retryStrategy: _, ...redisOptions }: RedisOptions,
): RedisClient {
  return new Cluster([...config.nodes], {
    scripts: SCRIPTS,
    enableOfflineQueue: enableOfflineQueue ?? true,
    shardedSubscribers: role === "subscriber",
    slotsRefreshInterval: CLUSTER_REFRESH_INTERVAL_MS,
    clusterRetryStrategy: reconnectDelay,
    clusterNodeRetryStrategy: reconnectDelay,
    // 0: a write whose connection closed is not sent a second time behind the writer's back.
    retryDelayOnFailover: role === "command" ? 0 : 100,
    redisOptions: {
      ...redisOptions,
      ...(config.password === undefined ? {} : { password: config.password }),
    },
  });
}

/**
 * By itself a cluster connects to a node at the first command for it, and without an offline queue refuses the second
 * one, which comes before the connection is up.
 */
function connectEagerly(cluster: Cluster): void {
  cluster.on("+node", (node: Redis) => {
    node.connect().catch(() => {}); // It tries again by itself, and says so by "node error".
  });
}

function reconnectDelay(attempt: number): number {
  const backOff = RECONNECT_DELAY_MIN_MS * 2 ** Math.min(attempt - 1, 10);
  return Math.min(backOff, RECONNECT_DELAY_MAX_MS) * (0.75 + Math.random() / 2);
}
