import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ClusterConfig } from "./config.ts";
import { chooseMarket, type MarketChoice } from "./market.ts";
import {
  gatewayPrograms,
  leaderPrograms,
  marketPrograms,
  type Plan,
  workerPrograms,
} from "./plan.ts";
import { choosePorts } from "./ports.ts";
import type { Program } from "./program.ts";
import { checkRedis, redisProgram, stopLeftover } from "./redis-program.ts";
import { holdFolder } from "./runner-lock.ts";
import { keptSecret } from "./secret.ts";
import { summaryText } from "./summary.ts";
import { Supervised } from "./supervised.ts";

const READY_WITHIN_MS = 90_000;
const CHECK_EVERY_MS = 100;
/** A program that ends so often before it was ready once will not be ready by itself. */
const QUICK_ENDS_MAX = 4;
const LAST_WORDS_LINES = 15;
/** Longer than a gateway's own limit for draining. */
const STOP_WITHIN_MS = 12_000;
const REDIS_PORT_FIRST = 6390;
const MARKET_SIM_PORT_FIRST = 9100;
const LEADER_PORT_FIRST = 9200;
const WORKER_PORT_FIRST = 9300;
const GATEWAY_HEALTH_PORT_FIRST = 9400;

type Say = (line: string) => void;

/** Owns everything that `npm start` runs on this machine. */
export class Cluster {
  readonly #config: ClusterConfig;
  readonly #say: Say;
  /** In order of their start; each group needs the ones before it. */
  readonly #groups: Supervised[][] = [];
  #release: () => Promise<void> = async () => {};
  #stopped: Promise<void> | null = null;

  constructor(config: ClusterConfig, say: Say) {
    this.#config = config;
    this.#say = say;
  }

  /** Starts all and says what runs. @throws {Error} with the reason when it does not get ready; stop it then. */
  async start(): Promise<void> {
    const startedAtMs = performance.now();
    const folder = this.#config.DATA_DIR;
    this.#release = await holdFolder(join(folder, "runner.pid"));
    await mkdir(join(folder, "logs"), { recursive: true });

    const [market, redisPort] = await Promise.all([chooseMarket(this.#config), this.#startRedis()]);
    const plan = await this.#plan(market, redisPort);
    await this.#run(marketPrograms(plan));
    await this.#run([...leaderPrograms(plan), ...workerPrograms(plan), ...gatewayPrograms(plan)]);
    if (this.#stopped === null) this.#say(this.#summary(plan, performance.now() - startedAtMs));
  }

  /** Stops what runs, the last started first, so that nothing loses what it still needs. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stopGroups();
    return this.#stopped;
  }

  /** Ends everything at once. */
  kill(): void {
    for (const supervised of this.#groups.flat()) supervised.kill();
  }

  async #stopGroups(): Promise<void> {
    for (const group of this.#groups.toReversed()) {
      await Promise.all(group.map((supervised) => supervised.stop(STOP_WITHIN_MS)));
    }
    await this.#release();
  }

  /** @returns the port of our own Redis, or null when the environment names one. */
  async #startRedis(): Promise<number | null> {
    const { REDIS_URL, REDIS_CLUSTER_NODES, REDIS_SENTINELS, REDIS_PASSWORD, DATA_DIR } =
      this.#config;
    if (REDIS_CLUSTER_NODES !== undefined || REDIS_SENTINELS !== undefined) return null;
    if (REDIS_URL !== undefined) {
      const obstacle = await checkRedis(REDIS_URL, REDIS_PASSWORD);
      if (obstacle === null) return null;
      throw new Error(`${obstacle}. Correct REDIS_URL, or leave it out to have one started.`);
    }
    const folder = join(DATA_DIR, "redis");
    await stopLeftover(folder, this.#say);
    const [port] = await choosePorts(REDIS_PORT_FIRST, 1);
    await this.#run([redisProgram(folder, port!, this.#config.environment)]);
    return port!;
  }

  async #plan(market: MarketChoice, redisPort: number | null): Promise<Plan> {
    const config = this.#config;
    const gatewayPorts = await choosePorts(config.PORT, config.GATEWAYS);
    for (const [index, port] of gatewayPorts.entries()) {
      const wanted = config.PORT + index;
      if (port !== wanted) this.#say(`Port ${wanted} is taken; gateway ${index + 1} uses ${port}`);
    }
    const marketSimPorts = await choosePorts(MARKET_SIM_PORT_FIRST, 1);
    const signs = config.JWT_SECRET === undefined && config.JWKS_URL === undefined;
    return {
      config,
      market,
      redisPort,
      marketSimPort: marketSimPorts[0]!,
      leaderPorts: await choosePorts(LEADER_PORT_FIRST, config.LEADERS),
      gatewayPorts,
      workerPorts: await choosePorts(WORKER_PORT_FIRST, config.WORKERS),
      gatewayHealthPorts: await choosePorts(GATEWAY_HEALTH_PORT_FIRST, config.GATEWAYS),
      plainSocketPorts:
        config.WS_PORT === undefined ? [] : await choosePorts(config.WS_PORT, config.GATEWAYS),
      secret: signs ? await keptSecret(join(config.DATA_DIR, "jwt-secret")) : null,
    };
  }

  /** Starts a group of programs and waits until each is ready. */
  async #run(programs: readonly Program[]): Promise<void> {
    if (this.#stopped !== null) return;
    const logs = join(this.#config.DATA_DIR, "logs");
    const group = programs.map((program) => new Supervised(program, logs, this.#say));
    this.#groups.push(group);
    for (const supervised of group) supervised.start();
    await Promise.all(group.map((supervised) => this.#untilReady(supervised)));
  }

  async #untilReady(supervised: Supervised): Promise<void> {
    const deadlineMs = performance.now() + READY_WITHIN_MS;
    while (this.#stopped === null) {
      const missing = await supervised.program.check();
      if (missing === null) return;
      if (supervised.ends >= QUICK_ENDS_MAX || performance.now() > deadlineMs) {
        const words = await supervised.lastWords(LAST_WORDS_LINES);
        throw new Error(
          `${supervised.program.name} does not get ready: ${missing}\nThe end of ${supervised.logFile}:\n${words}`,
        );
      }
      await sleep(CHECK_EVERY_MS);
    }
  }

  #summary(plan: Plan, tookMs: number): string {
    const config = this.#config;
    const programs = this.#groups.flat().map(({ program }) => program);
    return summaryText({
      tookMs,
      gatewayPorts: plan.gatewayPorts,
      market: plan.market,
      symbols: config.SYMBOLS.split(","),
      running: programs.map(({ name, port }) => `${name} :${port}`),
      redis:
        plan.redisPort === null
          ? "yours, as the environment says"
          : `started here, data kept in ${config.DATA_DIR}/redis`,
      dataFolder: config.DATA_DIR,
    });
  }
}
