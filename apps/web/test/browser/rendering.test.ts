/** What the page is like to look at: open to everyone, in both themes and at both ends of width, and moving. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import {
  browserMissing,
  builtPage,
  eventually,
  startBrowser,
  startCluster,
  type TestCluster,
} from "@mirrorbook/testkit";
import type { Browser } from "playwright-core";
import { addScanner, findings, overflow } from "./accessibility.ts";
import { Trader } from "./trader.ts";

const inBrowser = browserMissing === null ? describe : describe.skip;
const STARTED_WITHIN_MS = 60_000;
const FRAMES = 150;
const DESKTOP = { width: 1440, height: 900 };
const PHONE = { width: 360, height: 740 };

inBrowser(`the page${browserMissing === null ? "" : ` (${browserMissing})`}`, () => {
  const owned = new AsyncDisposableStack();
  let cluster: TestCluster;
  let browser: Browser;

  beforeAll(async () => {
    const gatewayEnv = { PAGE_DIR: await builtPage() };
    const symbols = ["BTCUSDT", "ETHUSDT", "SOLUSDT", "BNBUSDT", "XRPUSDT"];
    cluster = owned.use(await startCluster({ gatewayEnv, symbols }));
    browser = owned.use(await startBrowser());
  }, STARTED_WITHIN_MS);
  afterAll(() => owned.disposeAsync());

  test.each(["dark", "light"] as const)(
    "has no serious accessibility findings in %s",
    async (colorScheme) => {
      const options = { viewport: DESKTOP, colorScheme };
      await using trader = await Trader.arrive(browser, cluster.gateways[0]!.url, options);
      await addScanner(trader);
      await trader.place({ side: "Buy", type: "Market", amount: "0.01" });
      await trader.notice("Bought").waitFor();
      await trader.place({ side: "Sell", type: "Trailing stop", amount: "0.005" });
      await trader.rows("Trailing stop").waitFor();
      expect(await findings(trader)).toEqual([]);
      await trader.page.keyboard.press("?");
      await trader.page.getByRole("dialog", { name: "Keys" }).waitFor();
      expect(await findings(trader)).toEqual([]);
      await trader.page.keyboard.press("Escape");

      await trader.page.setViewportSize(PHONE);
      const views = trader.page.getByRole("navigation", { name: "Parts of the page" });
      for (const view of ["Chart", "Book", "Trade", "Desk"]) {
        await views.getByRole("button", { name: view }).click();
        expect(await findings(trader)).toEqual([]);
        expect(await overflow(trader)).toBe(0);
      }
      expect(trader.complaints).toEqual([]);
    },
  );

  test("keeps the buttons of an order in reach at every width", async () => {
    await using trader = await Trader.arrive(browser, cluster.gateways[0]!.url);
    const price = ((await trader.lastPrice()) * 0.9).toFixed(2);
    await trader.place({ side: "Buy", type: "Limit", amount: "0.01", fields: { Price: price } });
    const cancel = trader.rows("Limit").getByRole("button", { name: "Cancel" });
    await cancel.waitFor();
    for (const width of [2560, 1440, 1280, 1024, 800, 641]) {
      await trader.page.setViewportSize({ width, height: 900 });
      const views = trader.page.getByRole("navigation", { name: "Parts of the page" });
      if (await views.isVisible()) await views.getByRole("button", { name: "Desk" }).click();
      await eventually(async () => {
        const [button, desk] = [await cancel.boundingBox(), await trader.desk.boundingBox()];
        expect({ width, fits: rightOf(button) <= rightOf(desk) }).toEqual({ width, fits: true });
      });
    }
    await cancel.click();
    await trader.desk.getByText("No open orders.").waitFor();
  });

  test("keeps drawing while five markets stream", async () => {
    await using trader = await Trader.arrive(browser, cluster.gateways[0]!.url);
    await trader.page.getByRole("tablist", { name: "Markets" }).getByRole("tab").nth(4).waitFor();
    const session = await trader.page.context().newCDPSession(trader.page);
    await session.send("Performance.enable");
    const before = metricsOf(await session.send("Performance.getMetrics"));
    const bookBefore = await trader.status.getByText(/^#\d/).textContent();

    const frameMs = await trader.page.evaluate(frames, FRAMES);

    const after = metricsOf(await session.send("Performance.getMetrics"));
    const shareOf = (name: string) =>
      (100 * (after(name) - before(name))) / (after("Timestamp") - before("Timestamp"));
    process.stderr.write(
      `  frames with five markets: ${describeTimes(frameMs)}; main thread busy ${shareOf("TaskDuration").toFixed(0)} %, ` +
        `script ${shareOf("ScriptDuration").toFixed(0)} %, layout and style ${(shareOf("LayoutDuration") + shareOf("RecalcStyleDuration")).toFixed(0)} %\n`,
    );
    expect(frameMs).toHaveLength(FRAMES);
    expect(await trader.status.getByText(/^#\d/).textContent()).not.toBe(bookBefore);
  });
});

function rightOf(box: { x: number; width: number } | null): number {
  return box === null ? Number.NaN : Math.floor(box.x + box.width);
}

/** In the page: the times between so many frames, in milliseconds. */
function frames(count: number): Promise<number[]> {
  return new Promise((resolve) => {
    const times: number[] = [];
    let last = performance.now();
    function onFrame(now: number): void {
      times.push(now - last);
      last = now;
      if (times.length < count) requestAnimationFrame(onFrame);
      else resolve(times);
    }
    requestAnimationFrame(onFrame);
  });
}

function describeTimes(times: readonly number[]): string {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))]!.toFixed(1);
  return `median ${at(0.5)} ms, 95 % under ${at(0.95)} ms, longest ${at(1)} ms`;
}

function metricsOf({ metrics }: { metrics: { name: string; value: number }[] }) {
  return (name: string) => metrics.find((metric) => metric.name === name)?.value ?? Number.NaN;
}
