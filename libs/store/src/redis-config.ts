import { z } from "zod";

/** Where Redis is: one server, a Redis Cluster, or a server found through Sentinels. */
export type RedisConfig =
  | {
      readonly kind: "server";
      readonly url: string;
      /** For a URL without one. */
      readonly password?: string;
    }
  | {
      readonly kind: "cluster";
      readonly nodes: readonly RedisNode[];
      readonly password?: string;
    }
  | {
      readonly kind: "sentinel";
      readonly sentinels: readonly RedisNode[];
      /** Name of the master that the Sentinels watch. */
      readonly name: string;
      readonly password?: string;
    };

export interface RedisNode {
  readonly host: string;
  readonly port: number;
}

/** To be spread into the schema of every process that needs Redis. */
export const redisSettings = {
  /** One server: `redis://[user:password@]host:port`; without any of these, the one on this machine. */
  REDIS_URL: z.string().optional(),
  /** `host:port,host:port`: chooses Redis Cluster. */
  REDIS_CLUSTER_NODES: z.string().optional(),
  /** `host:port,host:port`: chooses Sentinel. */
  REDIS_SENTINELS: z.string().optional(),
  /** Name of the master that the Sentinels watch; `mymaster` when absent. */
  REDIS_SENTINEL_NAME: z.string().optional(),
  /** Of the nodes of a cluster, or of the master behind Sentinels. */
  REDIS_PASSWORD: z.string().optional(),
};
const Settings = z.object(redisSettings);
export type RedisSettings = Readonly<z.output<typeof Settings>>;

const DEFAULT_URL = "redis://127.0.0.1:6379";
const DEFAULT_SENTINEL_NAME = "mymaster";

/**
 * Reads where Redis is from an app's settings. Cluster nodes win over Sentinels, Sentinels over a URL.
 *
 * @throws {Error} when a list is not `host:port,host:port`.
 */
export function redisConfig(settings: RedisSettings): RedisConfig {
  const password =
    settings.REDIS_PASSWORD === undefined ? {} : { password: settings.REDIS_PASSWORD };
  if (settings.REDIS_CLUSTER_NODES) {
    return { kind: "cluster", nodes: parseNodes(settings.REDIS_CLUSTER_NODES), ...password };
  }
  if (settings.REDIS_SENTINELS) {
    const name = settings.REDIS_SENTINEL_NAME ?? DEFAULT_SENTINEL_NAME;
    return { kind: "sentinel", sentinels: parseNodes(settings.REDIS_SENTINELS), name, ...password };
  }
  return { kind: "server", url: settings.REDIS_URL ?? DEFAULT_URL, ...password };
}

function parseNodes(list: string): RedisNode[] {
  return list.split(",").map((text) => {
    const match = /^\s*(?:redis:\/\/)?(?<host>[^\s:]+):(?<port>\d{1,5})\s*$/.exec(text);
    if (!match?.groups) throw new Error(`"${text}" is no Redis node: write host:port,host:port`);
    return { host: match.groups.host!, port: Number(match.groups.port) };
  });
}
