/** One chaos run: starts everything, lets clients trade while faults happen, waits for calm, and gathers the evidence. */
import { setTimeout as sleep } from "node:timers/promises";
import { eventually, guest, startCluster, startNginx } from "@mirrorbook/testkit";
import { Random } from "@mirrorbook/testkit/random";
import type { Account, ChaosClient } from "./clients/chaos-client.ts";
import type { Market } from "./clients/orders.ts";
import { SdkClient } from "./clients/sdk-client.ts";
import { settle, type TradingFloor, trade } from "./clients/trader.ts";
import { WireClient } from "./clients/wire-client.ts";
import type { CommandEvidence, Evidence } from "./evidence.ts";
import { FaultLanes, type LaneDeps } from "./fault-lanes.ts";
import type { FaultRecord } from "./fault-record.ts";
import { MarketRecord } from "./market-record.ts";
import { Prices } from "./prices.ts";
import { FeedLog, readLastSeqs, readStoredUser } from "./redis-evidence.ts";
import { RollingRestart } from "./rolling-restart.ts";

const MARKETS: readonly Market[] = [
  { symbol: "BTCUSDT", base: "SIM_BTC", priceDecimals: 2, sizeDecimals: 5 },
  { symbol: "ETHUSDT", base: "SIM_ETH", priceDecimals: 2, sizeDecimals: 4 },
];
const SYMBOLS = MARKETS.map(({ symbol }) => symbol);
const LEADERS = 2;
const GATEWAYS = 3;
const WORKERS = 2;
/** Of the users, every so many-th trades over two connections, and every so many-th is on the bare wire. */
const TWIN_EVERY = 4;
const WIRE_EVERY = 3;
/** Behind nginx, of those on the bare wire. */
const POLLING_EVERY = 2;
const BOOK_WATCHERS = 4;
/** Send small commands without a pause: what recovery is measured by. */
const PROBERS = 2;
const PROBE_EVERY_MS = 200;
/** After the faults: time for commands to settle, then for the last events to arrive. */
const SETTLE_WITHIN_MS = 40_000;
const CALM_WITHIN_MS = 30_000;
/** Limits meant for strangers on the internet; here everyone comes from one address. */
const OPEN_DOORS = {
  GUESTS_PER_MINUTE_MAX: "10000",
  AUTH_ATTEMPTS_PER_MINUTE_MAX: "10000",
  CONNECTIONS_PER_ADDRESS_MAX: "10000",
};

export interface RunOptions {
  readonly seed: number;
  readonly minutes: number;
  /** Connections of trading clients, book watchers and probers not counted. */
  readonly clients: number;
  readonly paceMs: number;
  /** What happens: faults drawn from the seed, or every process restarted in turn, as a release would. */
  readonly plan: "faults" | "rolling";
  /** Clients reach the gateways through nginx as it is shipped, some of them by long polling. */
  readonly behindNginx: boolean;
  readonly log: (line: string) => void;
}

export interface RunResult {
  readonly evidence: Evidence;
  readonly faults: readonly FaultRecord[];
}

export async function runChaos(options: RunOptions): Promise<RunResult> {
  const { seed, minutes, plan, behindNginx, log } = options;
  const randomOf = (name: string) => new Random(seed, name);
  log("starting the cluster");
  await using cluster = await startCluster({
    leaders: LEADERS,
    gateways: GATEWAYS,
    workers: WORKERS,
    symbols: SYMBOLS,
    // What was acknowledged must be on disk, or killing Redis would break the promise by design: `everysec` may lose 1 s.
    redis: { appendOnly: true, config: { appendfsync: "always" } },
    marketEnv: { MARKET_SIM_SEED: `chaos-${seed}` },
    leaderEnv: { FEED_STALE_AFTER_MS: "1500" },
    gatewayEnv: { ...OPEN_DOORS, TRUSTED_PROXY_HOPS: behindNginx ? "1" : "0" },
  });
  const redis = cluster.redis.client();
  await using feedLog = new FeedLog(redis, SYMBOLS);
  await using owned = new AsyncDisposableStack();
  const gateways = cluster.gateways.map(({ url }) => url);
  const urls = behindNginx ? [owned.use(await startNginx(gateways)).url] : gateways;
  const crowd = await openCrowd(urls, options, randomOf);
  for (const client of crowd.all) owned.defer(() => client.close());
  const records = SYMBOLS.map((symbol) =>
    owned.use(new MarketRecord(cluster.marketProcess.url, symbol)),
  );
  const prices = owned.use(new Prices(cluster.marketProcess.url, SYMBOLS));
  await eventually(() => {
    if (crowd.all.some(({ connections }) => connections.length === 0))
      throw new Error("not all are in");
  });

  const commands: CommandEvidence[] = [];
  const floor = floorOf(prices, commands);
  const faultsEnd = new AbortController();
  const ending = new AbortController();
  const stopped = new AbortController();
  const trading = crowd.traders.map(({ client, twin }) =>
    trade(client, {
      floor,
      random: randomOf(client.name),
      twin,
      paceMs: options.paceMs,
      ending: ending.signal,
      stopped: stopped.signal,
    }),
  );
  const probing = crowd.probers.map((client) =>
    probe(client, floor, ending.signal, stopped.signal),
  );
  const deps: LaneDeps = {
    cluster,
    clients: crowd.all,
    commands,
    feedWords: feedLog.words,
    symbols: SYMBOLS,
    randomOf,
    ending: faultsEnd.signal,
    log,
  };
  const lanes = plan === "rolling" ? new RollingRestart(deps) : new FaultLanes(deps);
  log(`${crowd.all.length} clients trade; ${plan} begin`);
  setTimeout(() => faultsEnd.abort(), minutes * 60_000).unref();
  await lanes.run();
  ending.abort(); // Not before: the last faults' recovery is seen by who still trades.

  log("faults are over; waiting for calm");
  setTimeout(() => stopped.abort(), SETTLE_WITHIN_MS).unref();
  await Promise.all([...trading, ...probing]);
  await Promise.all(
    crowd.traders.map(({ client }) =>
      settle(client, cancelAll(client.name), commands, stopped.signal),
    ),
  );
  const userIds = [...new Set(crowd.all.map(({ userId }) => userId))];
  await caughtUp(redis, crowd.all, userIds).catch(() => {}); // The checker tells who is not.
  await feedLog.read();
  log("reading what Redis holds");
  const users = await Promise.all(userIds.map((userId) => readStoredUser(redis, userId)));
  const evidence: Evidence = {
    clients: crowd.all.map((client) => client.evidence),
    commands,
    users,
    feed: feedLog.words,
    silences: lanes.silences,
    market: records.flatMap(({ entries }) => entries),
    books: crowd.watchers.flatMap(({ books }) => books),
  };
  return { evidence, faults: lanes.faults };
}

interface Crowd {
  readonly traders: readonly { readonly client: ChaosClient; readonly twin: ChaosClient | null }[];
  readonly watchers: readonly WireClient[];
  readonly probers: readonly ChaosClient[];
  readonly all: readonly ChaosClient[];
}

async function openCrowd(
  urls: readonly string[],
  { clients, behindNginx }: RunOptions,
  randomOf: (name: string) => Random,
): Promise<Crowd> {
  const from = (index: number) => urls.map((_, at) => urls[(index + at) % urls.length]!);
  const accountOf = async (name: string): Promise<Account> => {
    const { token, user } = await guest(urls[0]!);
    return { name, userId: user.id, token };
  };
  const wire = (account: Account, index: number, books: { pair: string; depth: number }[] = []) => {
    const random = randomOf(`${account.name}/wire`);
    const polling = behindNginx && index % POLLING_EVERY === 0;
    return new WireClient({ account, urls: from(index), random, books, polling });
  };

  const traders: Crowd["traders"][number][] = [];
  // A user of every TWIN_EVERY has two connections.
  const users = Math.ceil((clients * TWIN_EVERY) / (TWIN_EVERY + 1));
  const accounts = await Promise.all(range(users).map((index) => accountOf(`trader-${index}`)));
  for (const [index, account] of accounts.entries()) {
    const watched = index % 2 === 0 ? SYMBOLS[index % SYMBOLS.length]! : null;
    const client =
      index % WIRE_EVERY === 0
        ? wire(account, index)
        : new SdkClient(account, from(index), watched);
    const hasTwin = index % TWIN_EVERY === 1;
    const twin = hasTwin ? wire({ ...account, name: `${account.name}-twin` }, index + 1) : null;
    traders.push({ client, twin });
  }
  const watchers: WireClient[] = [];
  for (let index = 0; index < BOOK_WATCHERS; index++) {
    const depths = index % 2 === 0 ? [20, 100] : [20];
    const books = SYMBOLS.flatMap((pair) => depths.map((depth) => ({ pair, depth })));
    watchers.push(wire(await accountOf(`watcher-${index}`), index, books));
  }
  const probers: ChaosClient[] = [];
  for (let index = 0; index < PROBERS; index++) {
    probers.push(new SdkClient(await accountOf(`prober-${index}`), from(index), null));
  }
  const trading = traders.flatMap(({ client, twin }) =>
    twin === null ? [client] : [client, twin],
  );
  return { traders, watchers, probers, all: [...trading, ...watchers, ...probers] };
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

function floorOf(prices: Prices, commands: CommandEvidence[]): TradingFloor {
  let transfers = 0;
  return {
    markets: MARKETS,
    priceOf: (symbol) => prices.of(symbol),
    uniqueAmount: () => {
      transfers += transfers % 10 === 9 ? 2 : 1; // Without a zero at the end, which decimal text would lose.
      return `1.${String(transfers).padStart(8, "0")}`;
    },
    commands,
  };
}

/** Deposits a little, again and again, one after the other. */
async function probe(
  client: ChaosClient,
  { uniqueAmount, commands }: TradingFloor,
  ending: AbortSignal,
  stopped: AbortSignal,
): Promise<void> {
  for (let number = 1; !ending.aborted; number++) {
    const key = `${client.name}-${number}`;
    const body = { asset: "SIM_USD", amount: uniqueAmount(), commandId: key };
    await settle(client, { message: "account:deposit", key, body }, commands, stopped);
    await sleep(PROBE_EVERY_MS);
  }
}

/** Leaves nothing open, so that nothing happens any more. */
function cancelAll(name: string) {
  const key = `${name}-last`;
  return { message: "order:cancel_all", key, body: { commandId: key } };
}

/** Waits until every client has dealt with the last event of its user. */
async function caughtUp(
  redis: Parameters<typeof readLastSeqs>[0],
  clients: readonly ChaosClient[],
  userIds: readonly string[],
): Promise<void> {
  await eventually(
    async () => {
      const seqs = await readLastSeqs(redis, userIds);
      const lastOf = new Map(userIds.map((userId, index) => [userId, seqs[index]!]));
      const late = clients.filter(({ lastSeq, userId }) => lastSeq < lastOf.get(userId)!);
      if (late.length > 0) throw new Error(`${late.length} clients are late`);
    },
    { withinMs: CALM_WITHIN_MS, everyMs: 250 },
  );
}
