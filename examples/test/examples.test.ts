/** Every example runs, as it stands in its file, against a real exchange. */
import { cp, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import {
  browserMissing,
  Child,
  REPOSITORY,
  startBrowser,
  startCluster,
  startProcess,
  type TestCluster,
  temporaryFolder,
} from "@mirrorbook/testkit";
import type { Browser, Page } from "playwright-core";

const EXAMPLES = join(REPOSITORY, "examples");
const LINES_MAX = 20;
const STARTED_WITHIN_MS = 60_000;
const SAID_WITHIN_MS = 20_000;
const testInBrowser = browserMissing === null ? test : test.skip;
const note = browserMissing === null ? "" : ` (${browserMissing})`;

const owned = new AsyncDisposableStack();
let cluster: TestCluster;
let browser: Browser;
let url: string;

beforeAll(async () => {
  const pages = owned.use(await temporaryFolder());
  if (browserMissing === null) {
    await Promise.all([
      cp(join(EXAMPLES, "page"), join(pages.path, "page"), { recursive: true }),
      bundle(join(EXAMPLES, "react"), join(pages.path, "react")),
    ]);
    browser = owned.use(await startBrowser());
  }
  cluster = owned.use(await startCluster({ gatewayEnv: { PAGE_DIR: pages.path } }));
  url = cluster.gateways[0]!.url;
}, STARTED_WITHIN_MS);
afterAll(() => owned.disposeAsync());

test("node-bot.ts buys, and protects what it bought", async () => {
  await using bot = await startExample("node-bot.ts");
  await bot.line((line) => /^buy 0\.01 filled at [\d.]+$/.test(line), SAID_WITHIN_MS);
  await bot.line((line) => /^protected between [\d.]+ and [\d.]+$/.test(line), SAID_WITHIN_MS);
});

test("plain-websocket.ts hears the book and its own orders", async () => {
  await using script = await startExample("plain-websocket.ts");
  await script.line((line) => line.includes('"type":"orderbook_update"'), SAID_WITHIN_MS);
  const filled = await script.line((line) => line.includes('"action":"filled"'), SAID_WITHIN_MS);
  expect(JSON.parse(filled)).toMatchObject({ type: "order_update", symbol: "ETH/USDT" });
});

testInBrowser(`page/ shows the price and buys, without a bundler${note}`, async () => {
  await using page = await openPage("page/index.html");
  await page.getByText(/^\d+\.\d+$/).waitFor();
  await page.getByRole("button", { name: "Buy 0.01" }).click();
  await page
    .getByRole("status")
    .filter({ hasText: /^Bought 0\.01 at \d/ })
    .waitFor();
});

testInBrowser(`react/best-prices.tsx shows the book and the last fill${note}`, async () => {
  await using page = await openPage("react/index.html");
  await page.getByText(/^Bid \d+\.\d+ × [\d.]+$/).waitFor();
  await page.getByRole("button", { name: "Buy 0.01" }).click();
  await page.getByText(/^Last fill: 0\.01 at \d/).waitFor();
});

test.each(await programs())("%s has fewer than 20 lines of code", async (name) => {
  const lines = (await readFile(join(EXAMPLES, name), "utf8")).split("\n");
  const code = lines.filter((line) => line.trim() !== "" && !/^\s*(?:\/\/|\/\*|\*)/.test(line));
  expect(code.length).toBeLessThan(LINES_MAX);
});

function startExample(name: string): Promise<Child> {
  return startProcess({ name, entry: `examples/${name}`, arguments: [url] });
}

async function openPage(path: string): Promise<Page> {
  const page = await browser.newPage();
  page.setDefaultTimeout(SAID_WITHIN_MS);
  await page.goto(`${url}/${path}`);
  return page;
}

async function bundle(source: string, target: string): Promise<void> {
  const vite = join(REPOSITORY, "node_modules/vite/bin/vite.js");
  const build = ["build", source, "--base", "./", "--outDir", target, "--logLevel", "warn"];
  const child = new Child({ name: "vite", command: process.execPath, arguments: [vite, ...build] });
  const { code } = await child.exited;
  if (code !== 0) throw new Error(`vite failed:\n${child.log.join("\n")}`);
}

async function programs(): Promise<string[]> {
  const entries = (await readdir(EXAMPLES, { recursive: true })).map(String);
  return entries.filter((name) => /\.(?:ts|tsx|js)$/.test(name) && !name.startsWith("test"));
}
