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
import { countRenders, watchRendering } from "./watch-rendering.ts";

const inBrowser = browserMissing === null ? describe : describe.skip;
const STARTED_WITHIN_MS = 60_000;
const UPDATES = 60;
/** A tenth of what Chromium calls good. A figure that gains a digit counts as moved. */
const SHIFT_MAX = 0.01;
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

  test("draws what five markets stream without renders, new elements or anything moving", async () => {
    await using trader = await Trader.arrive(browser, cluster.gateways[0]!.url);
    await countRenders(trader.page);
    await trader.marketTab("XRP").waitFor();
    await trader.place({ side: "Buy", type: "Market", amount: "0.01" });
    await trader.notice("Bought").waitFor();
    await trader.notice("Bought").waitFor({ state: "detached" });

    const seen = await watchRendering(trader.page, UPDATES);
    process.stderr.write(`  rendering of five markets: ${JSON.stringify(seen)}\n`);
    // The connection's round trip and a position's worth are rendered, about once a second; what streams is not.
    expect(seen.renders).toBeLessThan(seen.updates / 3);
    expect(seen.elements).toBe(0);
    // Three texts in a row, its title, and three shapes on either side.
    expect(seen.bookWrites).toBeLessThanOrEqual(seen.updates * (4 * seen.bookRows + 6));
    expect(seen.shift).toBeLessThan(SHIFT_MAX);
  });
});

function rightOf(box: { x: number; width: number } | null): number {
  return box === null ? Number.NaN : Math.floor(box.x + box.width);
}
