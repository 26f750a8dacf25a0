/**
 * Dashboards and alerts against real processes under a little traffic: no metric is used that nobody exposes, and every
 * panel shows something when all is well, but for those that show trouble.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { accountOfRoom, type TradeRoom } from "@mirrorbook/protocol";
import {
  answersAt,
  Child,
  eventually,
  freePort,
  REPOSITORY,
  startCluster,
  type TestClient,
  type TestCluster,
  temporaryFolder,
} from "@mirrorbook/testkit";
import { z } from "zod";
import { findPrometheus } from "../setup/prometheus.mjs";
import {
  expressionsOf,
  metricsIn,
  prometheusMissing,
  readAlerts,
  readDashboards,
} from "./support/watching.ts";

const START_WITHIN_MS = 60_000;
/** Panels that rightly show nothing while all is well or nobody asks for it. */
const QUIET = [/^exchange.json: Time of a takeover/, /^delivery.json: Ended by us/, /terms_ended/];

const dashboards = await readDashboards();
const owned = new AsyncDisposableStack();
/** `host:port` of what is to be scraped, by job. */
let targets: Record<string, string>;

beforeAll(async () => {
  const cluster = owned.use(await startCluster({ symbols: ["BTCUSDT"], workers: 1 }));
  const { leaders, gateways, workers } = cluster;
  const jobs = { leader: leaders[0]!, gateway: gateways[0]!, worker: workers[0]! };
  targets = Object.fromEntries(
    Object.entries(jobs).map(([job, { url }]) => [job, new URL(url).host]),
  );
  await trade(cluster);
}, START_WITHIN_MS);
afterAll(() => owned.disposeAsync());

test("every metric of a dashboard or an alert is exposed by some process", async () => {
  const texts = Object.values(targets).map(async (host) => {
    const response = await fetch(`http://${host}/metrics`);
    return response.text();
  });
  const exposed = new Set(
    [...(await Promise.all(texts)).join("\n").matchAll(/^# TYPE (\w+) /gm)].map(
      ([, name]) => name!,
    ),
  );
  const rules = (await readAlerts()).map(({ alert, expr }) => ({ where: alert, text: expr }));
  const missing = [...expressionsOf(dashboards), ...rules].flatMap(({ where, text }) =>
    metricsIn(text)
      .filter((name) => !exposed.has(name))
      .map((name) => `${where}: ${name}`),
  );
  expect(missing).toEqual([]);
});

(prometheusMissing === null ? test : test.skip)(
  "every panel shows something in a real Prometheus, and no alert fires",
  async () => {
    const prometheus = await startPrometheus();
    const shown = expressionsOf(dashboards).filter(
      ({ where, text }) => !QUIET.some((quiet) => quiet.test(`${where}: ${text}`)),
    );
    await eventually(
      async () => {
        const empty = [];
        for (const { where, text } of shown) {
          if ((await query(prometheus, text)).length === 0) empty.push(`${where}: ${text}`);
        }
        expect(empty).toEqual([]);
      },
      { withinMs: START_WITHIN_MS / 2, everyMs: 1_000 },
    );
    const firing = await query(prometheus, 'ALERTS{alertstate="firing"}');
    expect(firing).toEqual([]);
  },
  START_WITHIN_MS,
);

test("dashboards lie on their grid, name the provisioned source, and have titles of their own", () => {
  const uids = dashboards.map(({ uid }) => uid);
  expect(new Set(uids).size).toBe(dashboards.length);
  for (const { file, panels } of dashboards) {
    const cells = new Set<string>();
    for (const { title, type, gridPos, datasource } of panels) {
      if (type !== "row")
        expect({ file, title, uid: datasource?.uid }).toMatchObject({ uid: "prometheus" });
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect({ file, title, x, taken: cells.has(`${x},${y}`) }).toMatchObject({ taken: false });
          expect(x).toBeLessThan(24);
          cells.add(`${x},${y}`);
        }
      }
    }
  }
});

/** A little of everything that dashboards show: orders, a book, a room with a ranking, a client that comes back. */
async function trade(cluster: TestCluster): Promise<void> {
  const ann = await cluster.client("ann");
  await ann.book("BTCUSDT");
  await ann.place({ pair: "BTC", side: "buy", type: "market", quantity: "0.01" });
  await playRoom(ann);
  const [last = 0] = ann.seqs.slice(-1);
  await cluster.client("ann", { auth: { since: last } });
}

async function playRoom(owner: TestClient): Promise<void> {
  const rules = { name: "Cup", markets: ["BTC"], durationMs: 600_000 };
  const { body } = await owner.rest<{ room: TradeRoom }>("POST", "rooms", rules);
  for (const step of ["open", "join", "start"]) {
    await owner.rest("POST", `rooms/${body.room.id}/${step}`, {});
  }
  const account = accountOfRoom(body.room.id);
  await owner.place({ account, pair: "BTC", side: "buy", type: "market", quantity: "0.01" });
}

/** Debian's Prometheus with the shipped rules, on the running processes. Returns its address. */
async function startPrometheus(): Promise<string> {
  const folder = owned.use(await temporaryFolder());
  const shipped = join(REPOSITORY, "infra/prometheus/rules.yml");
  await writeFile(join(folder.path, "rules.yml"), await readFile(shipped, "utf8"));
  const config = {
    global: { scrape_interval: "1s", evaluation_interval: "1s" },
    rule_files: ["rules.yml"],
    scrape_configs: Object.entries(targets).map(([job, host]) => ({
      job_name: job,
      static_configs: [{ targets: [host] }],
    })),
  };
  await writeFile(join(folder.path, "prometheus.yml"), JSON.stringify(config));
  const address = `127.0.0.1:${await freePort()}`;
  const given = [
    `--config.file=${join(folder.path, "prometheus.yml")}`,
    `--storage.tsdb.path=${join(folder.path, "data")}`,
    `--web.listen-address=${address}`,
  ];
  const command = findPrometheus("prometheus")!;
  owned.use(new Child({ name: "prometheus", command, arguments: given }));
  await eventually(answersAt(`http://${address}/-/ready`));
  return `http://${address}`;
}

const QueryAnswer = z.object({
  status: z.literal("success"),
  data: z.object({ result: z.array(z.unknown()) }),
});

/** @throws when Prometheus does not understand the expression. */
async function query(prometheus: string, expression: string): Promise<unknown[]> {
  const body = new URLSearchParams({ query: expression });
  const response = await fetch(`${prometheus}/api/v1/query`, { method: "POST", body });
  return QueryAnswer.parse(await response.json()).data.result;
}
