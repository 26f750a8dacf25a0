/** A guest trades through the page of a real exchange: every order type, and what the page shows of it. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import {
  browserMissing,
  builtPage,
  eventually,
  startBrowser,
  startCluster,
  type TestCluster,
} from "@mirrorbook/testkit";
import { changes, Trader } from "./trader.ts";

const inBrowser = browserMissing === null ? describe : describe.skip;
const STARTED_WITHIN_MS = 60_000;

inBrowser(`a guest on the page${browserMissing === null ? "" : ` (${browserMissing})`}`, () => {
  const owned = new AsyncDisposableStack();
  let cluster: TestCluster;
  let guest: Trader;

  beforeAll(async () => {
    const gatewayEnv = { PAGE_DIR: await builtPage() };
    cluster = owned.use(await startCluster({ gateways: 2, gatewayEnv }));
    const browser = owned.use(await startBrowser());
    guest = owned.use(await Trader.arrive(browser, cluster.gateways[0]!.url));
  }, STARTED_WITHIN_MS);
  afterAll(() => owned.disposeAsync());
  afterEach(() => expect(guest.complaints).toEqual([]));

  test("is let in at once, and told that the market is simulated", async () => {
    await guest.page.getByRole("banner").getByText("Guest", { exact: true }).waitFor();
    await guest.page.getByText("Simulated market").waitFor();
    await guest.status.getByText("Simulated", { exact: true }).waitFor();
    expect(await guest.status.textContent()).toContain("gateway-1");
  });

  test("watches two markets, both of which move", async () => {
    for (const base of ["BTC", "ETH"]) {
      await guest.chooseMarket(base);
      const best = guest.bids.getByRole("option").first();
      await eventually(async () => expect(await best.textContent()).toMatch(/\d/));
      await changes(guest.asks);
    }
    await Promise.all([changes(guest.marketTab("BTC")), changes(guest.marketTab("ETH"))]);
    await guest.chooseMarket("BTC");
  });

  test("takes a price from the ladder to the ticket", async () => {
    const option = guest.bids.getByRole("option").nth(3);
    await guest.chooseType("Limit");
    await guest.field("Price").fill("1");
    await option.click();
    await eventually(async () =>
      expect(Number(await guest.field("Price").inputValue())).toBeGreaterThan(1),
    );
  });

  test("buys at market, sees what was taken on the ladder, and has it in the balances", async () => {
    await guest.fill({ side: "Buy", type: "Market", amount: "0.02" });
    await guest.ticket.getByText("Fills at once.").waitFor();
    const taken = guest.asks.getByText(/^−[\d.]+/);
    await Promise.all([taken.first().waitFor(), guest.send("Buy")]);
    await guest.notice("Bought 0.02 BTC").waitFor();

    await guest.chooseDeskTab("Balances");
    const row = guest.rows("BTC");
    await row.waitFor();
    expect(Number(await guest.cell(row, "Total"))).toBeCloseTo(0.02, 3);
    const money = await guest.cell(guest.rows("USD"), "Total");
    expect(Number(money.replaceAll(",", ""))).toBeLessThan(100_000);
    await guest.chooseDeskTab("Positions");
    await guest.rows("BTC", "Close").waitFor();
  });

  test("buys for an amount of money", async () => {
    await guest.chooseType("Market");
    await guest.ticket.getByRole("button", { name: "in USD" }).click();
    await guest.field("Spend").fill("500");
    await guest.send("Buy");
    await guest.chooseDeskTab("History");
    await guest.rows("BTC", "Market", "500 USD", "Filled").waitFor();
    await guest.ticket.getByRole("button", { name: "in BTC" }).click();
  });

  test("rests with a limit order, told how much is ahead of it; lowers and cancels it", async () => {
    const { level, size } = await deepBid();
    await guest.chooseDeskTab("Open orders");
    await guest.place({ side: "Buy", type: "Limit", amount: "0.01", fields: { Price: level } });
    const row = guest.rows("Limit", "Open");
    await row.waitFor();
    const ahead = await guest.cell(row, "Ahead");
    expect(ahead).toMatch(/^[\d.,]+ BTC$/);
    expect(Number.parseFloat(ahead)).toBeLessThanOrEqual(size + 0.00005);

    await row.getByRole("button", { name: "Amend" }).click();
    const amount = row.getByRole("textbox", { name: /lower amount/ });
    await amount.fill("0.004");
    await amount.press("Enter");
    await eventually(async () => expect(await guest.cell(row, "Amount")).toBe("0.004"));
    await row.getByRole("button", { name: "Cancel" }).click();
    await row.waitFor({ state: "detached" });
    await guest.chooseDeskTab("History");
    await guest.rows("Limit", "Cancelled", "0.004").waitFor();
  });

  test("places every other order type, and cancels all", async () => {
    const last = await guest.lastPrice();
    const at = (ratio: number) => (last * ratio).toFixed(2);
    await guest.chooseDeskTab("Open orders");

    await guest.ticket.getByRole("checkbox", { name: "Post only" }).check();
    await guest.place({ side: "Buy", type: "Limit", amount: "0.001", fields: { Price: at(0.97) } });
    await guest.rows("Limit, post only", "Open").waitFor();
    await guest.ticket.getByRole("checkbox", { name: "Post only" }).uncheck();

    const waiting: [type: string, shown: string, fields: Record<string, string>][] = [
      ["Stop market", "Stop", { "Trigger price": at(0.95) }],
      ["Stop limit", "Stop limit", { "Trigger price": at(0.95), Price: at(0.94) }],
      ["Take profit", "Take profit", { "Trigger price": at(1.05) }],
      ["Take profit limit", "Take profit limit", { "Trigger price": at(1.05), Price: at(1.04) }],
      ["Trailing stop", "Trailing stop", { Trail: "6" }],
    ];
    for (const [type, shown, fields] of waiting) {
      await guest.place({ side: "Sell", type, amount: "0.002", fields });
      await guest.rows(new RegExp(`Sell\\s*${shown}\\s*[\\dM]`), "Waiting").waitFor();
    }
    // The market takes five waiting orders of a user at most; the key cancels the newest.
    await guest.page.keyboard.press("Escape");
    await guest.rows("Trailing stop").waitFor({ state: "detached" });
    const legs = { "Limit price": at(1.06), "Trigger price": at(0.93) };
    await guest.place({ side: "Sell", type: "OCO", amount: "0.003", fields: legs });
    await eventually(async () => expect(await guest.rows("OCO").count()).toBe(2));

    await guest.desk.getByRole("button", { name: "Cancel all" }).click();
    const dialog = guest.page.getByRole("dialog", { name: "Cancel all orders" });
    await dialog.getByText("7 open orders").waitFor();
    await dialog.getByRole("button", { name: "Cancel all" }).click();
    await guest.desk.getByText("No open orders.").waitFor();
  });

  test("is told in the page why an order is refused", async () => {
    await guest.place({ side: "Sell", type: "Market", amount: "900" });
    await guest.notice("Order refused").waitFor();
  });

  test("trades by keyboard: side, type, price by ticks, cancel all after asking", async () => {
    const { keyboard } = guest.page;
    await guest.chooseDeskTab("Open orders");
    await guest.ticket.getByRole("heading").first().click(); // Keys mean nothing while one types.
    await keyboard.press("s");
    await keyboard.press("2");
    const isPressed = (name: string) =>
      guest.ticket.getByRole("button", { name, exact: true }).getAttribute("aria-pressed");
    await eventually(async () => {
      expect([await isPressed("Sell"), await isPressed("Limit")]).toEqual(["true", "true"]);
    });
    await keyboard.press("p");
    const price = guest.field("Price");
    await eventually(async () => {
      expect(await price.evaluate((field) => field.matches(":focus"))).toBe(true);
    });
    await price.fill("90000");
    await price.press("ArrowUp");
    await price.press("Shift+ArrowUp");
    expect(await price.inputValue()).toBe("90000.11");
    await guest.field("Amount").fill("0.001");
    await guest.field("Amount").press("Enter");
    await guest.rows("Sell", "90,000.11").waitFor();

    await keyboard.press("Escape"); // Leaves the field.
    await keyboard.press("Shift+Escape");
    const dialog = guest.page.getByRole("dialog", { name: "Cancel all orders" });
    await dialog.getByRole("button", { name: "Cancel all" }).click();
    await guest.desk.getByText("No open orders.").waitFor();
  });

  test("adds and takes virtual money, and starts anew", async () => {
    await guest.chooseDeskTab("Balances");
    const total = async () => guest.cell(guest.rows("USD"), "Total");
    const move = async (deed: "Deposit" | "Withdraw", amount: string) => {
      await guest.desk.getByRole("button", { name: deed }).click();
      const dialog = guest.page.getByRole("dialog", { name: deed });
      await dialog.getByLabel(/^Amount/).fill(amount);
      await dialog.getByRole("button", { name: deed, exact: true }).click();
    };
    await move("Deposit", "2500");
    await guest.notice("Deposited 2,500 USD").waitFor();
    await move("Withdraw", "500.50");
    await guest.notice("Withdrew 500.5 USD").waitFor();
    await guest.desk.getByRole("button", { name: "Reset" }).click();
    const dialog = guest.page.getByRole("dialog", { name: "Start the portfolio anew" });
    await dialog.getByRole("button", { name: "Start anew" }).click();
    await eventually(async () => expect(await total()).toBe("100,000.00"));
    await guest.chooseDeskTab("Positions");
    await guest.desk.getByText("No positions.").waitFor();
  });

  /** The furthest level that the exchange shows: near enough to have a queue, too far to be filled meanwhile. */
  async function deepBid(): Promise<{ level: string; size: number }> {
    const { url } = cluster.gateways[0]!;
    const answer = await fetch(`${url}/api/markets/BTCUSDT/book?depth=1000`);
    const { bids } = (await answer.json()) as { bids: [string, string][] };
    const [level, size] = bids.at(-1)!;
    return { level, size: Number(size) };
  }
});
