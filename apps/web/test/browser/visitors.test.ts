/** Several pages of one exchange at once: one user on two gateways, strangers beside, and a gateway that dies. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import {
  browserMissing,
  builtPage,
  startBrowser,
  startCluster,
  type TestCluster,
} from "@mirrorbook/testkit";
import type { Browser } from "playwright-core";
import { changes, Trader } from "./trader.ts";

const inBrowser = browserMissing === null ? describe : describe.skip;
const STARTED_WITHIN_MS = 60_000;
const PASSWORD = "correct horse battery";

inBrowser(
  `visitors of two gateways${browserMissing === null ? "" : ` (${browserMissing})`}`,
  () => {
    const owned = new AsyncDisposableStack();
    let cluster: TestCluster;
    let browser: Browser;
    let alice: Trader;
    const urlOf = (gateway: number) => cluster.gateways[gateway]!.url;

    beforeAll(async () => {
      const gatewayEnv = { PAGE_DIR: await builtPage() };
      cluster = owned.use(await startCluster({ gateways: 2, gatewayEnv }));
      browser = owned.use(await startBrowser());
      alice = owned.use(await Trader.arrive(browser, urlOf(0)));
    }, STARTED_WITHIN_MS);
    afterAll(() => owned.disposeAsync());
    afterEach(() => expect(alice.complaints).toEqual([]));

    test("a user who registers leaves nothing of the guest on the page", async () => {
      await alice.place({ side: "Buy", type: "Market", amount: "0.01" });
      await alice.chooseDeskTab("Positions");
      await alice.rows("BTC").waitFor();
      await alice.notice("Bought 0.01 BTC").waitFor();
      await alice.register("alice", PASSWORD);
      expect(await alice.notice("Bought").count()).toBe(0);
      await alice.desk.getByText("No positions.").waitFor();
      await alice.chooseDeskTab("Balances");
      expect(await alice.cell(alice.rows("USD"), "Total")).toBe("100,000.00");
    });

    test("one user on both gateways sees, on either page, what was done on the other", async () => {
      await using other = await Trader.arrive(browser, urlOf(1));
      await other.signIn("alice", PASSWORD);
      expect(await other.status.textContent()).toContain("gateway-2");
      expect(await alice.status.textContent()).toContain("gateway-1");

      await alice.chooseDeskTab("Open orders");
      const price = ((await alice.lastPrice()) * 0.98).toFixed(2);
      await alice.place({ side: "Buy", type: "Limit", amount: "0.01", fields: { Price: price } });
      const seen = other.rows("Limit", "0.01");
      await seen.waitFor();
      await seen.getByRole("button", { name: "Cancel" }).click();
      await alice.desk.getByText("No open orders.").waitFor();
      expect(other.complaints).toEqual([]);
    });

    test("P7: a stranger's page is never sent anything of another user", async () => {
      await using mallory = await Trader.arrive(browser, urlOf(0));
      const heard: string[] = [];
      mallory.page.on("websocket", (socket) =>
        socket.on("framereceived", ({ payload }) => heard.push(payload.toString())),
      );
      await mallory.page.reload();
      await mallory.status.getByText("Live", { exact: true }).waitFor();

      await alice.place({ side: "Buy", type: "Market", amount: "0.02" });
      await alice.notice("Bought 0.02 BTC").waitFor();
      await changes(mallory.asks);
      const { id, name } = await userOn(alice);
      expect(heard.join("\n")).toContain("orderbook:");
      expect(heard.filter((frame) => frame.includes(id) || frame.includes(name))).toEqual([]);
      expect(heard.join("\n")).not.toMatch(/order:|trade:|position:/);
      await mallory.desk.getByText("No open orders.").waitFor();
      await mallory.chooseDeskTab("Fills");
      await mallory.desk.getByText("No fills yet.").waitFor();
    });

    test("the page goes on with the other gateway when its own is killed, and says what happened", async () => {
      const loadedAt = await alice.page.evaluate(() => performance.timeOrigin);
      const price = ((await alice.lastPrice()) * 0.97).toFixed(2);
      await alice.chooseDeskTab("Open orders");
      await alice.place({ side: "Buy", type: "Limit", amount: "0.01", fields: { Price: price } });
      await alice.rows("Limit", "Open").waitFor();

      await cluster.gateways[0]!.kill("SIGKILL");

      await alice.notice("Connected again, to gateway-2").waitFor();
      await alice.status.getByText("gateway-2").waitFor();
      await changes(alice.asks);
      await alice.rows("Limit", "Open").getByRole("button", { name: "Cancel" }).click();
      await alice.desk.getByText("No open orders.").waitFor();
      await alice.place({ side: "Sell", type: "Market", amount: "0.005" });
      await alice.notice("Sold 0.005 BTC").waitFor();
      // Also what the page had not needed until now.
      await alice.page.getByRole("button", { name: "Depth" }).click();
      await alice.page.getByRole("img", { name: /^Depth of BTCUSDT/ }).waitFor();
      expect(await alice.page.evaluate(() => performance.timeOrigin)).toBe(loadedAt);
    });
  },
);

/** Who the page trades as, from what it keeps for the next visit. */
async function userOn({ page }: Trader): Promise<{ id: string; name: string }> {
  const kept = await page.evaluate(() => localStorage.getItem("mirrorbook:session"));
  return JSON.parse(kept ?? "null").user;
}
