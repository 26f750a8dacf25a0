/** Keeps the documents true: what is made is up to date, what is linked is there, what is named exists. */
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "@jest/globals";
import { ERRORS } from "@mirrorbook/kernel";
import {
  CONNECTION_EVENTS,
  type CommandType,
  DIALECT_NAMES,
  MARKET_EVENTS,
  ROOM_EVENTS,
  USER_EVENTS,
} from "@mirrorbook/protocol";
import { messagesOf } from "../../../apps/gateway/src/docs/dialect-messages.ts";
import { allMessages } from "../../../apps/gateway/src/sockets/all-messages.ts";
import { settingNames } from "../configuration.ts";
import { LICENCES_ALLOWED, productionPackages, unexplained } from "../dependencies.ts";
import { metricNames } from "../metrics.ts";
import { anchorsIn, codeIn, linksIn, markdownPages } from "../names.ts";
import { generatedPages } from "../pages.ts";

const ROOT = join(import.meta.dirname, "../../..");
/** Commands that no client can send. */
const SYSTEM_COMMANDS = [
  "account:open",
  "account:open_portfolio",
  "account:close_portfolio",
] satisfies CommandType[];
const pages = await markdownPages(ROOT);
const named = pages.flatMap((page) => codeIn(page).map((code) => ({ path: page.path, code })));

/** Files that operators make themselves. */
const OPERATORS_OWN = ["infra/prometheus/alertmanagers/any.yml"];
/** In capitals with an underscore, and not ours: currencies, and names that others read. */
const FOREIGN = /^(?:SIM_\w+|NODE_OPTIONS|GF_\w+|REDIS_ARGS)$/;
/** Words with a colon that are no events: keys of Redis and rooms have braces or a second colon. */
const EVENT_LIKE =
  /^(?:order|trade|balance|position|portfolio|orderbook|price|tape|feed|liquidity|room|leaderboard|account|book|ping|server|session|subscribe|unsubscribe):[a-z_]+$/;

test("pages that are made are up to date: npm run docs", async () => {
  for (const [path, text] of await generatedPages(ROOT)) {
    expect({ path, text: await readFile(join(ROOT, path), "utf8") }).toEqual({ path, text });
  }
});

test("every link leads to a file, and to a heading where it names one", () => {
  const broken = pages.flatMap((page) =>
    linksIn(page)
      .filter((link) => {
        const [file = "", anchor] = link.split("#");
        const target = file === "" ? page.path : normalize(join(dirname(page.path), file));
        if (!existsSync(join(ROOT, target))) return true;
        const linked = pages.find(({ path }) => path === target);
        return anchor !== undefined && !(linked && anchorsIn(linked).has(anchor));
      })
      .map((link) => `${page.path}: ${link}`),
  );
  expect(broken).toEqual([]);
});

test("every setting, error code and other word in capitals that a page names exists", async () => {
  const known = new Set([...settingNames(), ...Object.keys(ERRORS), ...(await words())]);
  const unknown = named.filter(({ code }) => {
    const name = /^([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:=.*)?$/.exec(code)?.[1];
    return name !== undefined && !known.has(name) && !FOREIGN.test(name);
  });
  expect(unknown).toEqual([]);
});

test("every event and message that a page names exists", () => {
  const messages = allMessages({ markets: {} } as Parameters<typeof allMessages>[0]);
  const known = new Set([
    ...Object.keys({ ...USER_EVENTS, ...MARKET_EVENTS, ...ROOM_EVENTS, ...CONNECTION_EVENTS }),
    ...DIALECT_NAMES.flatMap((dialect) => messagesOf(dialect).map(({ name }) => name)),
    ...messages.map(({ name }) => name),
    ...SYSTEM_COMMANDS,
  ]);
  const unknown = named.filter(({ code }) => EVENT_LIKE.test(code) && !known.has(code));
  expect(unknown).toEqual([]);
});

test("every metric that a page names exists", () => {
  const known = metricNames();
  const unknown = named.filter(({ code }) => {
    const name =
      /^(mirrorbook_(?:gateway|leader|worker)_[a-z_]+?)(?:_bucket|_sum|_count)?(?:\{.*\})?$/.exec(
        code,
      )?.[1];
    return name !== undefined && !known.has(name);
  });
  expect(unknown).toEqual([]);
});

test("every path of the repository and every script that a page names exists", async () => {
  const { scripts } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
  const missing = named.filter(({ code }) => {
    const script = /^npm run ([\w:]+)/.exec(code)?.[1];
    if (script !== undefined) return !(script in scripts);
    if (OPERATORS_OWN.includes(code)) return false;
    const path = /^(?:apps|libs|infra|docs|bench|examples)\/[\w./-]+$/.exec(code)?.[0];
    return (
      path !== undefined && !existsSync(join(ROOT, path)) && !existsSync(join(ROOT, `${path}.ts`))
    );
  });
  expect(missing).toEqual([]);
});

test("each production dependency has a reason, and no reason is without its dependency", async () => {
  expect(await unexplained(ROOT)).toEqual([]);
});

test("all that is shipped has a licence that is allowed", async () => {
  const packages = await productionPackages(ROOT);
  expect(packages.length).toBeGreaterThan(50);
  expect(packages.filter(({ licence }) => !LICENCES_ALLOWED.has(licence))).toEqual([]);
});

/** Words in capitals in what runs: sources, scripts, files of settings; tests do not count. */
async function words(): Promise<string[]> {
  const found = await Promise.all(
    ["apps", "libs", "infra", "bench", "docker-compose.yml", "artillery.yml"].map(async (place) => {
      if (!existsSync(join(ROOT, place))) return [];
      const entries = place.includes(".")
        ? [""]
        : await readdir(join(ROOT, place), { recursive: true });
      const texts = await Promise.all(
        entries
          .filter((path) => !/node_modules|dist\/|\/test\/|\.(?:md|gz|png)$/.test(path))
          .map((path) => readFile(join(ROOT, place, path), "utf8").catch(() => "")), // Folders.
      );
      return texts.flatMap((text) => text.match(/\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g) ?? []);
    }),
  );
  return found.flat();
}
