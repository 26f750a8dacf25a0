import { randomBytes } from "node:crypto";
import { keys } from "@mirrorbook/store";
import type { Child, Exit } from "./child.ts";
import { eventually } from "./eventually.ts";
import { freePort } from "./free-port.ts";
import { MarketControl } from "./market-control.ts";
import { answersAt, startProcess } from "./node-process.ts";
import {
  type RedisPlace,
  RedisServer,
  type RedisServerOptions,
  startRedis,
} from "./redis-server.ts";
import { guest, type Session, TestClient } from "./test-client.ts";

type Environment = Readonly<Record<string, string>>;

export interface ClusterOptions {
  readonly leaders?: number;
  readonly gateways?: number;
  /** For what needs scheduled work: trade rooms that start, rank and end. */
  readonly workers?: number;
  readonly symbols?: readonly string[];
  /** Of the server that goes with the cluster. */
  readonly redis?: RedisServerOptions;
  /** Redis to run on instead, which stays the caller's. */
  readonly on?: RedisPlace;
  /** Settings of every app, by their configuration names. */
  readonly env?: Environment;
  readonly marketEnv?: Environment;
  readonly leaderEnv?: Environment;
  /** Program of the leaders, relative to the repository: for a leader that measures itself. */
  readonly leaderEntry?: string;
  readonly gatewayEnv?: Environment;
  readonly workerEnv?: Environment;
}

export interface ClientOptions {
  /** Index of the gateway to connect to. */
  readonly gateway?: number;
  /** More for the handshake, e.g. `{ since: 12 }`. */
  readonly auth?: Readonly<Record<string, unknown>>;
}

/** One app process of the cluster, which can be ended and started again with the same settings. */
export class AppProcess implements AsyncDisposable {
  readonly name: string;
  /** Base of its HTTP interface. */
  readonly url: string;
  readonly #start: () => Promise<Child>;
  #child: Child | null = null;

  constructor(name: string, url: string, start: () => Promise<Child>) {
    this.name = name;
    this.url = url;
    this.#start = start;
  }

  get child(): Child {
    if (this.#child === null) throw new Error(`${this.name} was not started`);
    return this.#child;
  }

  async start(): Promise<void> {
    this.#child = await this.#start();
  }

  kill(signal: NodeJS.Signals = "SIGTERM"): Promise<Exit> {
    return this.child.kill(signal);
  }

  async restart(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    await this.kill(signal);
    await this.start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child?.[Symbol.asyncDispose]();
  }
}

/** A whole exchange of real processes on this machine: Redis, simulated market, leaders, gateways. */
export class TestCluster implements AsyncDisposable {
  readonly market: MarketControl;
  readonly marketProcess: AppProcess;
  readonly leaders: readonly AppProcess[];
  readonly gateways: readonly AppProcess[];
  readonly workers: readonly AppProcess[];
  readonly #place: RedisPlace;
  readonly #owned: AsyncDisposableStack;
  readonly #sessions = new Map<string, Promise<Session>>();

  constructor(parts: {
    place: RedisPlace;
    marketProcess: AppProcess;
    leaders: readonly AppProcess[];
    gateways: readonly AppProcess[];
    workers: readonly AppProcess[];
    owned: AsyncDisposableStack;
  }) {
    this.#place = parts.place;
    this.marketProcess = parts.marketProcess;
    this.market = new MarketControl(parts.marketProcess.url);
    this.leaders = parts.leaders;
    this.gateways = parts.gateways;
    this.workers = parts.workers;
    this.#owned = parts.owned;
  }

  /** The server that goes with the cluster. @throws when it runs on the caller's Redis. */
  get redis(): RedisServer {
    if (this.#place instanceof RedisServer) return this.#place;
    throw new Error("this cluster runs on a Redis of the test's own");
  }

  /** The leader that holds the lease. @throws when nobody has led for ten seconds. */
  async leader(): Promise<AppProcess> {
    const redis = this.#place.client();
    return eventually(async () => {
      const lease = await redis.get(keys.lease);
      const holder = this.leaders.find(({ name }) => lease?.includes(`"${name}"`));
      if (holder === undefined) throw new Error(`nobody leads: the lease is ${lease}`);
      return holder;
    });
  }

  /** A connected client. The same name is the same user, on whichever gateway. */
  async client(name: string, { gateway = 0, auth = {} }: ClientOptions = {}): Promise<TestClient> {
    const client = new TestClient(this.gateways[gateway]!.url, await this.session(name), auth);
    this.#owned.use(client);
    await client.connected();
    return client;
  }

  /** The session of a named guest, opened when first asked for. */
  session(name: string): Promise<Session> {
    const known = this.#sessions.get(name);
    if (known !== undefined) return known;
    const opened = guest(this.gateways[0]!.url);
    this.#sessions.set(name, opened);
    return opened;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#owned.disposeAsync();
  }
}

/** Starts a cluster and waits until its gateways are ready, that is: somebody leads and they hear of it. */
export async function startCluster(options: ClusterOptions = {}): Promise<TestCluster> {
  const { leaders: leaderCount = 1, gateways: gatewayCount = 1 } = options;
  await using owned = new AsyncDisposableStack();
  const place = options.on ?? owned.use(await startRedis(options.redis));
  const marketProcess = owned.use(await startMarket(options));
  const shared: Environment = {
    ...place.env,
    MARKET: "simulated",
    BINANCE_REST_URL: marketProcess.url,
    BINANCE_WS_URL: marketProcess.url.replace("http", "ws"),
    SYMBOLS: symbolsOf(options),
    JWT_SECRET: randomBytes(32).toString("hex"),
    ...options.env,
  };
  const leaders = await Promise.all(
    names("leader", leaderCount).map((name) =>
      leaderApp(name, { ...shared, ...options.leaderEnv }, options.leaderEntry),
    ),
  );
  const ports = await Promise.all(names("gateway", gatewayCount).map(() => freePort()));
  const GATEWAY_URLS = ports.map((port) => `http://127.0.0.1:${port}`).join(",");
  const gateways = names("gateway", gatewayCount).map((name, index) =>
    gatewayApp(name, ports[index]!, { GATEWAY_URLS, ...shared, ...options.gatewayEnv }),
  );
  const workers = await Promise.all(
    names("worker", options.workers ?? 0).map((name) =>
      workerApp(name, { ...shared, ...options.workerEnv }),
    ),
  );
  const apps = [...leaders, ...gateways, ...workers];
  for (const app of apps) owned.use(app);
  await Promise.all(apps.map((app) => app.start()));
  return new TestCluster({ place, marketProcess, leaders, gateways, workers, owned: owned.move() });
}

async function startMarket(options: ClusterOptions): Promise<AppProcess> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const app = new AppProcess("market-sim", url, () =>
    startProcess({
      name: "market-sim",
      entry: "apps/market-sim/src/main.ts",
      env: {
        PORT: String(port),
        SYMBOLS: symbolsOf(options),
        CONTROL: "on",
        ...options.marketEnv,
      },
      ready: answersAt(`${url}/api/v3/ping`),
    }),
  );
  await app.start();
  return app;
}

async function leaderApp(
  name: string,
  env: Environment,
  entry = "apps/leader/src/main.ts",
): Promise<AppProcess> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  return new AppProcess(name, url, () =>
    startProcess({
      name,
      entry,
      env: { ...env, NODE_ID: name, HEALTH_HOST: "127.0.0.1", HEALTH_PORT: String(port) },
      ready: answersAt(`${url}/healthz`),
    }),
  );
}

async function workerApp(name: string, env: Environment): Promise<AppProcess> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  return new AppProcess(name, url, () =>
    startProcess({
      name,
      entry: "apps/worker/src/main.ts",
      env: { ...env, NODE_ID: name, HEALTH_HOST: "127.0.0.1", HEALTH_PORT: String(port) },
      ready: answersAt(`${url}/healthz`),
    }),
  );
}

function gatewayApp(name: string, port: number, env: Environment): AppProcess {
  const url = `http://127.0.0.1:${port}`;
  return new AppProcess(name, url, () =>
    startProcess({
      name,
      entry: "apps/gateway/src/main.ts",
      env: { ...env, NODE_ID: name, HOST: "127.0.0.1", PORT: String(port) },
      ready: answersAt(`${url}/readyz`),
    }),
  );
}

function symbolsOf({ symbols = ["BTCUSDT", "ETHUSDT"] }: ClusterOptions): string {
  return symbols.join(",");
}

function names(kind: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${kind}-${index + 1}`);
}
