/** A whole exchange whose gateways run in the test's own process: Redis, market and leader are real processes. */
import { randomBytes } from "node:crypto";
import {
  type ClusterOptions,
  eventually,
  guest,
  type Session,
  startCluster,
  TestClient,
  type TestCluster,
} from "@mirrorbook/testkit";
import { pino } from "pino";
import { type GatewayConfig, readConfig } from "../../src/config.ts";
import { type GatewayDeps, type RunningGateway, startGateway } from "../../src/start-gateway.ts";

export const SECRET = randomBytes(32).toString("hex");

/** Settings as strings, like an environment. */
export type Settings = Readonly<Partial<Record<keyof GatewayConfig, string>>>;

/** Limits that an ordinary test never reaches, and no waiting on the way out. */
const ROOMY: Settings = {
  NODE_ENV: "test",
  LOG_LEVEL: "warn",
  HOST: "127.0.0.1",
  PORT: "0",
  GUESTS_PER_MINUTE_MAX: "10000",
  AUTH_ATTEMPTS_PER_MINUTE_MAX: "10000",
  REQUESTS_PER_SECOND_MAX: "10000",
  DRAIN_SPREAD_MS: "50",
};

export class TestExchange implements AsyncDisposable {
  readonly cluster: TestCluster;
  readonly gateways: RunningGateway[] = [];
  readonly #owned: AsyncDisposableStack;
  readonly #sessions = new Map<string, Promise<Session>>();

  constructor(cluster: TestCluster, owned: AsyncDisposableStack) {
    this.cluster = cluster;
    this.#owned = owned;
  }

  /** Starts one more gateway and waits until it is ready and every market is live. */
  async gateway(settings: Settings = {}, deps: GatewayDeps = {}): Promise<RunningGateway> {
    const gateway = await startGateway(
      readConfig({
        ...ROOMY,
        NODE_ID: `gateway-${this.gateways.length + 1}`,
        REDIS_URL: this.cluster.redis.url,
        JWT_SECRET: SECRET,
        BINANCE_REST_URL: this.cluster.market.url,
        ...settings,
      }),
      { log: pino({ level: "silent" }), ...deps },
    );
    this.#owned.use(gateway);
    this.gateways.push(gateway);
    await eventually(async () => {
      const response = await fetch(`${gateway.url}/readyz`);
      const { feed } = (await response.json()) as { feed: Record<string, string> };
      const isLive = Object.values(feed).every((status) => status === "live");
      if (!response.ok || !isLive)
        throw new Error(`not ready: ${response.status}, ${JSON.stringify(feed)}`);
    });
    return gateway;
  }

  url(gateway = 0): string {
    return this.gateways[gateway]!.url;
  }

  /** The session of a named guest, opened when first asked for. */
  session(name: string): Promise<Session> {
    const known = this.#sessions.get(name);
    if (known !== undefined) return known;
    const opened = guest(this.url());
    this.#sessions.set(name, opened);
    return opened;
  }

  /** A connected client. The same name is the same user, on whichever gateway. */
  async client(name: string, gateway = 0, auth: Record<string, unknown> = {}): Promise<TestClient> {
    const client = new TestClient(this.url(gateway), await this.session(name), auth);
    this.#owned.use(client);
    await client.connected();
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned.disposeAsync();
  }
}

/** Starts an exchange with this many gateways of these settings. */
export async function startExchange({
  gateways = 1,
  settings = {},
  ...options
}: ClusterOptions & { settings?: Settings } = {}): Promise<TestExchange> {
  await using owned = new AsyncDisposableStack();
  const cluster = owned.use(
    await startCluster({ symbols: ["BTCUSDT", "ETHUSDT"], ...options, gateways: 0 }),
  );
  const exchange = new TestExchange(cluster, owned.move());
  try {
    for (let i = 0; i < gateways; i++) await exchange.gateway(settings);
    return exchange;
  } catch (error) {
    await exchange[Symbol.asyncDispose]();
    throw error;
  }
}
