/**
 * Photographs the page for the README: `node apps/web/scripts/screenshots.ts`, in the repository.
 *
 * A real exchange behind it, on the simulated market; an account that has traded. Writes docs/screenshots/*.png.
 */
import { join } from "node:path";
import { builtPage, REPOSITORY, startBrowser, startCluster } from "@mirrorbook/testkit";
import { Contestant } from "../test/browser/contestant.ts";
import { changes } from "../test/browser/trader.ts";
import { RoomScene, snapshotsTaken } from "./room-scene.ts";

const FOLDER = join(REPOSITORY, "docs/screenshots");
const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 360, height: 740 };
/** Equity snapshots before the picture: one a second. */
const SNAPSHOTS = 45;
const SYMBOLS = ["BTCUSDT", "ETHUSDT", "SOLUSDT", "BNBUSDT", "XRPUSDT"];

await using cluster = await startCluster({
  gatewayEnv: { PAGE_DIR: await builtPage(), LOG_LEVEL: "error" },
  symbols: SYMBOLS,
  workers: 1,
});
await using browser = await startBrowser();
await using trader = await Contestant.arrive(browser, cluster.gateways[0]!.url, {
  viewport: DESKTOP,
  colorScheme: "dark",
  deviceScaleFactor: 1,
});
const { page } = trader;

await trade();
await shoot("dark");
await page.emulateMedia({ colorScheme: "light" });
await page.getByRole("button", { name: "Depth" }).click();
await shoot("light");

await page.emulateMedia({ colorScheme: "dark" });
await page.setViewportSize(PHONE);
const views = page.getByRole("navigation", { name: "Parts of the page" });
await views.getByRole("button", { name: "Trade" }).click();
await shoot("phone-ticket");
await views.getByRole("button", { name: "Book" }).click();
// In steps of a dollar the ladder reaches down to the own orders.
await page.getByRole("combobox", { name: "Price grouping" }).selectOption({ label: "1" });
await shoot("phone-book");

await page.setViewportSize(DESKTOP);
await contest();

/** A room from its start to its podium. */
async function contest(): Promise<void> {
  await trader.makeRoom({ name: "Friday night cup", Lasts: "5 min", Fees: "None" });
  const roomId = (await page.evaluate(() => location.hash)).replace("#/rooms/", "");
  const scene = await RoomScene.gather(cluster, roomId);
  await page.getByRole("button", { name: "Start now" }).click();
  await trader.tradeInRoom();
  await trader.place({ side: "Buy", type: "Market", amount: "0.8" });
  await trader.notice("Bought 0.8 BTC").waitFor();
  scene.play();
  await trader.openRoom("Friday night cup");
  await snapshotsTaken(await cluster.client("Bram"), roomId, SNAPSHOTS);
  await page.getByRole("img", { name: /^Returns so far/ }).waitFor();
  await changes(page.getByRole("timer"));
  await page.screenshot({ path: join(FOLDER, "room.png") });
  await page.setViewportSize(PHONE);
  await changes(page.getByRole("timer"));
  await page.screenshot({ path: join(FOLDER, "phone-room.png") });

  await page.setViewportSize(DESKTOP);
  await trader.tradeInRoom();
  await trader.chooseDeskTab("Ranking");
  await shoot("room-trading");
  await scene.stop();
  await trader.openRoom("Friday night cup");
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  await page.getByRole("button", { name: "End now" }).click();
  await trader.confirm("End now");
  await page.getByText("The ranking above hashes to this").waitFor();
  await page.screenshot({ path: join(FOLDER, "room-final.png") });
}

/** Leaves a position, orders in the book and behind triggers, and an amount in the ticket; ends with a fill. */
async function trade(): Promise<void> {
  const last = await trader.lastPrice();
  const at = (ratio: number) => (last * ratio).toFixed(2);
  await trader.chooseDeskTab("Open orders");
  await trader.place({ side: "Buy", type: "Market", amount: "0.5" });
  await trader.notice("Bought 0.5 BTC").waitFor();
  const guard = { "Limit price": at(1.02), "Trigger price": at(0.98) };
  await trader.place({ side: "Sell", type: "OCO", amount: "0.2", fields: guard });
  await trader.rows("OCO").nth(1).waitFor();
  for (const [index, ratio] of [0.9999, 0.9998].entries()) {
    const fields = { Price: at(ratio) };
    await trader.place({ side: "Buy", type: "Limit", amount: `0.${index + 1}`, fields });
    await trader
      .rows(/▲\s*Buy/)
      .nth(index)
      .waitFor();
  }
  await trader.place({ side: "Sell", type: "Market", amount: "0.1" });
  await trader.notice("Sold 0.1 BTC").waitFor();
  await trader.fill({ side: "Buy", type: "Market", amount: "0.25" });
  await trader.ticket.getByText("Fills at once.").waitFor();
}

/** Takes a picture of the page in full motion: the book has moved since it was asked for. */
async function shoot(name: string): Promise<void> {
  const books = [trader.asks, page.getByRole("tablist", { name: "Markets" })];
  for (const moving of books) if (await moving.isVisible()) await changes(moving);
  await page.screenshot({ path: join(FOLDER, `${name}.png`) });
}
