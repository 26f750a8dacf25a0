/** A trade room through the page, from its making to its podium: an owner, a member, and somebody who is shown out. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
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
import { Contestant } from "./contestant.ts";

const inBrowser = browserMissing === null ? describe : describe.skip;
const STARTED_WITHIN_MS = 60_000;
const PHONE = { width: 360, height: 740 };
const DESKTOP = { width: 1440, height: 900 };

inBrowser(`trade rooms${browserMissing === null ? "" : ` (${browserMissing})`}`, () => {
  const owned = new AsyncDisposableStack();
  let cluster: TestCluster;
  let browser: Browser;
  let ann: Contestant;
  let bob: Contestant;
  const arrive = () => Contestant.arrive(browser, cluster.gateways[0]!.url);

  beforeAll(async () => {
    const gatewayEnv = { PAGE_DIR: await builtPage() };
    const workerEnv = { LEADERBOARD_EVERY_MS: "250", RECONCILE_EVERY_MS: "500" };
    cluster = owned.use(await startCluster({ gatewayEnv, workers: 1, workerEnv }));
    browser = owned.use(await startBrowser());
    [ann, bob] = [owned.use(await arrive()), owned.use(await arrive())];
    await ann.register("ann", "correct horse battery");
    await bob.register("bob", "correct horse battery");
  }, STARTED_WITHIN_MS);
  afterAll(() => owned.disposeAsync());
  afterEach(() => expect([...ann.complaints, ...bob.complaints]).toEqual([]));

  test("a room is made by form and joined by its code, and is on nobody else's list", async () => {
    await ann.makeRoom({ name: "Friday cup", "Who can join": "Who has the code" });
    const code = await ann.page.getByLabel("Invitation code").inputValue();

    await bob.goToRooms();
    await bob.page.getByText("No rooms yet.").waitFor();
    await bob.page.getByLabel("Invitation code or link").fill(`${code}x`);
    await bob.page.getByRole("button", { name: "Join", exact: true }).click();
    await bob.notice("Not joined").waitFor();
    // The link that the owner shares leads to the same.
    const link = await ann.page.getByLabel("Link to share").inputValue();
    expect(link).toContain(code);
    await bob.page.goto(link);
    await bob.page.getByText("You are invited.").waitFor();
    await bob.page.getByRole("button", { name: "Join", exact: true }).click();
    await bob.page.getByRole("heading", { name: "Friday cup" }).waitFor();
    await bob.page.getByText("2 of 100 seats taken").waitFor();
    expect(await bob.page.getByRole("button", { name: "Start now" }).count()).toBe(0);
    await ann.page.getByText("2 of 100 seats taken").waitFor();
  });

  test("its owner starts it, and both trade in it from the usual desk, apart from their own money", async () => {
    await bob.tradeInRoom();
    await bob.ticket.getByRole("button", { name: "The room has not started yet" }).waitFor();
    await ann.page.getByRole("button", { name: "Start now" }).click();
    await bob.notice("Friday cup has begun").waitFor();
    await ann.page.getByRole("timer").getByText("Ends in").waitFor();
    await ann.tradeInRoom();

    await ann.place({ side: "Buy", type: "Market", amount: "0.02" });
    await ann.notice("Bought 0.02 BTC").waitFor();
    await ann.chooseDeskTab("Positions");
    await ann.rows("BTC").waitFor();
    await ann.choosePortfolio("Main portfolio");
    await ann.desk.getByText("No positions.").waitFor();
    await ann.choosePortfolio("Friday cup");
    await ann.rows("BTC").getByRole("button", { name: "Close" }).click();
    await ann.rows("BTC").getByRole("button", { name: "Sell all at market?" }).click();
    await ann.desk.getByText("No positions.").waitFor();
  });

  test("the leaderboard shows them in order, and who loses more falls behind", async () => {
    await bob.roundTrip("0.5");
    for (const one of [ann, bob]) {
      await one.chooseDeskTab("Ranking");
      await eventually(async () => expect(await one.ranking()).toEqual(["ann", "bob"]));
    }
    await bob.page.emulateMedia({ reducedMotion: "reduce" });
    const [annsSlides, bobsSlides] = [await ann.countSlides(), await bob.countSlides()];
    await ann.roundTrip("1.2");
    for (const one of [ann, bob]) {
      await eventually(async () => expect(await one.ranking()).toEqual(["bob", "ann"]));
    }
    // Rows slide to their new places, but not for those who prefer less motion.
    expect(await annsSlides()).toBeGreaterThan(0);
    expect(await bobsSlides()).toBe(0);
    await bob.rankRow("ann").getByText("down 1").waitFor({ state: "attached" });
    await bob.ticket.getByText("1st of 2").waitFor();
  });

  test("P7: a member's portfolio is seen by nobody else in the room", async () => {
    const heard: string[] = [];
    bob.page.on("websocket", (socket) =>
      socket.on("framereceived", ({ payload }) => heard.push(payload.toString())),
    );
    await bob.page.reload();
    await bob.status.getByText("Live", { exact: true }).waitFor();
    await bob.openRoom("Friday cup");
    const equity = () => bob.rankRow("ann").textContent();
    const before = await equity();

    await ann.place({ side: "Buy", type: "Market", amount: "0.5" });
    await ann.notice("Bought 0.5 BTC").waitFor();

    await eventually(async () => expect(await equity()).not.toBe(before));
    expect(heard.join("\n")).toContain("leaderboard:update");
    expect(heard.join("\n")).not.toMatch(/order:|trade:|position:|balance:/);
    await bob.page.getByText("No positions in this room.").waitFor();
    await ann.place({ side: "Sell", type: "Market", amount: "0.4" });
    await ann.notice("Sold 0.4 BTC").waitFor();
  });

  test("has no serious accessibility findings, and fits a phone", async () => {
    await ann.openRoom("Friday cup");
    await ann.page.getByRole("img", { name: /^Returns so far/ }).waitFor();
    await addScanner(ann);
    for (const colorScheme of ["dark", "light"] as const) {
      await ann.page.emulateMedia({ colorScheme });
      for (const viewport of [DESKTOP, PHONE]) {
        await ann.page.setViewportSize(viewport);
        expect(await findings(ann)).toEqual([]);
        expect(await overflow(ann)).toBe(0);
      }
    }
    const main = ann.page.getByRole("main");
    await main.getByRole("tab", { name: "Members" }).click();
    expect(await findings(ann)).toEqual([]);
    await ann.goToRooms();
    expect([await findings(ann), await overflow(ann)]).toEqual([[], 0]);
    await main.getByRole("button", { name: "Create a room" }).click();
    await main.getByLabel("Latency").selectOption("sampled");
    expect([await findings(ann), await overflow(ann)]).toEqual([[], 0]);
    await ann.page.setViewportSize(DESKTOP);
    await ann.page.emulateMedia({ colorScheme: "dark" });
  });

  test("a key changes the portfolio; a pause closes the ticket, and says why", async () => {
    await bob.tradeInRoom();
    const portfolio = bob.ticket.getByRole("combobox", { name: "Portfolio" });
    const inRoom = await portfolio.inputValue();
    for (const account of ["main", inRoom]) {
      await bob.page.keyboard.press("t");
      await eventually(async () => expect(await portfolio.inputValue()).toBe(account));
    }
    await ann.openRoom("Friday cup");
    await ann.page.getByRole("button", { name: "Pause" }).click();
    await ann.confirm("Pause");
    await bob.ticket.getByRole("button", { name: "The room is paused" }).waitFor();
    await bob.notice("Friday cup is paused").waitFor();
    await ann.page.getByRole("button", { name: "Resume" }).click();
    await bob.notice("Friday cup goes on").waitFor();
    await bob.ticket.getByRole("button", { name: /^Buy BTC/ }).waitFor();
  });

  test("it ends with a podium, and a seal that the browser itself has proved", async () => {
    await bob.openRoom("Friday cup");
    await ann.page.getByRole("button", { name: "End now" }).click();
    await ann.confirm("End now");
    await bob.notice("Friday cup has ended").waitFor();
    for (const one of [ann, bob]) {
      const podium = one.page.getByRole("list", { name: "Podium" });
      await podium.waitFor();
      expect(await podium.getByRole("listitem").count()).toBe(2);
      expect(await podium.getByRole("listitem").first().textContent()).toMatch(/^bob/);
      expect(await one.ranking()).toEqual(["bob", "ann"]);
      await one.page.getByText("The ranking above hashes to this").waitFor();
    }
    await addScanner(bob);
    expect(await findings(bob)).toEqual([]);
    await bob.page.setViewportSize(PHONE);
    expect([await findings(bob), await overflow(bob)]).toEqual([[], 0]);
    await bob.page.setViewportSize(DESKTOP);
  });

  test("a member who is removed is told, and finds no way back in", async () => {
    await ann.makeRoom({ name: "Second cup", "Who can join": "Who has the code" });
    await bob.goToRooms();
    const code = await ann.page.getByLabel("Invitation code").inputValue();
    await bob.page.getByLabel("Invitation code or link").fill(` ${code} `);
    await bob.page.getByRole("button", { name: "Join", exact: true }).click();
    await bob.page.getByRole("button", { name: "Trade in this room" }).waitFor();
    await ann.page.getByRole("tab", { name: "Members" }).click();
    await ann.page.getByRole("button", { name: "Remove bob" }).click();
    await ann.confirm("Remove");
    await bob.page.getByRole("heading", { name: "A room by invitation" }).waitFor();
    await bob.page.getByLabel("Invitation code or link").fill(code);
    await bob.page.getByRole("button", { name: "Join", exact: true }).click();
    await bob.notice("You were removed from this room.").waitFor();
  });
});
