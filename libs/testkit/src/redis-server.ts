import { type Cluster, Redis, type RedisOptions } from "ioredis";
import { Child } from "./child.ts";
import { freePort } from "./free-port.ts";
import { type TemporaryFolder, temporaryFolder } from "./temporary-folder.ts";

const READY_WITHIN_MS = 10_000;

export interface RedisServerOptions {
  /** Keeps an append-only file, so that data outlives `kill` and `restart`. */
  readonly appendOnly?: boolean;
  /** Further settings, as in redis.conf. */
  readonly config?: Readonly<Record<string, string>>;
}

/** A Redis that apps can run on: one server, a cluster, or a server behind Sentinels. */
export interface RedisPlace {
  /** Where it is, by the names of the apps' configuration. */
  readonly env: Readonly<Record<string, string>>;
  /** A client that goes with it. */
  client(): Redis | Cluster;
}

/** Owns a real redis-server with its own port and folder. */
export class RedisServer implements RedisPlace, AsyncDisposable {
  readonly port: number;
  readonly url: string;
  readonly #folder: TemporaryFolder;
  readonly #options: RedisServerOptions;
  readonly #clients = new Set<Redis>();
  #child: Child | null = null;

  constructor(port: number, folder: TemporaryFolder, options: RedisServerOptions) {
    this.port = port;
    this.url = `redis://127.0.0.1:${port}`;
    this.#folder = folder;
    this.#options = options;
  }

  get env() {
    return { REDIS_URL: this.url };
  }

  /** Of the running server; -1 when there is none. */
  get pid(): number {
    return this.#child?.pid ?? -1;
  }

  /** Starts the server, also after `stop` or `kill`: same port, same data. */
  async start(): Promise<void> {
    const child = new Child({
      name: `redis:${this.port}`,
      command: "redis-server",
      arguments: settings(this.port, this.#folder.path, this.#options),
    });
    this.#child = child;
    await child.line((line) => line.includes("Ready to accept connections"), READY_WITHIN_MS);
  }

  /** Stops the server as an operator would. */
  async stop(): Promise<void> {
    await this.#child?.kill("SIGTERM");
  }

  /** Ends the server without warning, as a crash would. */
  async kill(): Promise<void> {
    await this.#child?.kill("SIGKILL");
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** Freezes the server: connections stay open, nothing is answered. */
  pause(): void {
    this.#child?.pause();
  }

  resume(): void {
    this.#child?.resume();
  }

  /** A client that goes with the server. */
  client(options: Omit<RedisOptions, "replyMapping"> = {}): Redis {
    const client = new Redis(this.port, "127.0.0.1", options);
    client.on("error", () => {}); // Commands carry their own failure; a test may cut the server off on purpose.
    this.#clients.add(client);
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.disconnect();
    await this.#child?.[Symbol.asyncDispose]();
    await this.#folder[Symbol.asyncDispose]();
  }
}

/** Starts a redis-server that goes away with the test. */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const server = new RedisServer(await freePort(), await temporaryFolder(), options);
  try {
    await server.start();
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

function settings(port: number, folder: string, options: RedisServerOptions): string[] {
  const config: Record<string, string> = {
    port: String(port),
    bind: "127.0.0.1",
    dir: folder,
    daemonize: "no",
    save: "",
    appendonly: options.appendOnly ? "yes" : "no",
    "maxmemory-policy": "noeviction",
    ...options.config,
  };
  return Object.entries(config).flatMap(([name, value]) => [`--${name}`, value]);
}
