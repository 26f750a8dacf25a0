import type { Locator } from "playwright-core";
import { Trader } from "./trader.ts";

/** A trader who takes part in trade rooms. */
export class Contestant extends Trader {
  async goToRooms(): Promise<void> {
    await this.page.evaluate(() => {
      location.hash = "#/rooms";
    });
    await this.page.getByRole("heading", { name: "Trade rooms" }).waitFor();
  }

  /** Fills the form in by labels, and opens the room for members. */
  async makeRoom({ name, ...choices }: { name: string; [label: string]: string }): Promise<void> {
    await this.goToRooms();
    await this.page.getByRole("button", { name: "Create a room" }).click();
    await this.page.getByLabel("Name").fill(name);
    for (const [label, option] of Object.entries(choices)) {
      await this.page.getByLabel(label).selectOption({ label: option });
    }
    await this.page.getByRole("button", { name: "Create and open" }).click();
    await this.page.getByRole("heading", { name }).waitFor();
    await this.page.getByRole("button", { name: "Trade in this room" }).waitFor();
  }

  async openRoom(name: string): Promise<void> {
    await this.goToRooms();
    await this.page.getByRole("link", { name }).click();
    await this.page.getByRole("heading", { name }).waitFor();
  }

  /** From the room's page to the desk, with the room's portfolio. */
  async tradeInRoom(): Promise<void> {
    await this.page.getByRole("button", { name: "Trade in this room" }).click();
    await this.ticket.getByRole("combobox", { name: "Portfolio" }).waitFor();
  }

  async choosePortfolio(label: string): Promise<void> {
    await this.ticket.getByRole("combobox", { name: "Portfolio" }).selectOption({ label });
  }

  /** Buys and sells: nothing is left but what it cost. */
  async roundTrip(amount: string): Promise<void> {
    await this.place({ side: "Buy", type: "Market", amount });
    await this.notice(`Bought ${amount} BTC`).waitFor();
    // The fee of a purchase is paid in what was bought, so less than that is left to sell.
    await this.ticket.getByRole("button", { name: "Sell", exact: true }).click();
    await this.chooseType("Market");
    await this.ticket.getByRole("button", { name: "100 per cent of what is available" }).click();
    const left = await this.field("Amount").inputValue();
    await this.send("Sell");
    await this.notice(`Sold ${left} BTC`).waitFor();
  }

  get rankingTable(): Locator {
    return this.page.getByRole("table", { name: "Ranking" });
  }

  rankRow(name: string): Locator {
    return this.rankingTable.getByRole("row").filter({ hasText: name });
  }

  /** Names, best first. */
  async ranking(): Promise<string[]> {
    const names = await this.rankingTable.getByRole("rowheader").allTextContents();
    return names.map((text) => text.replace(/ you$/, ""));
  }

  /** Counts from now on what the page animates. */
  async countSlides(): Promise<() => Promise<number>> {
    await this.page.evaluate(() => {
      const { animate } = Element.prototype;
      Object.assign(globalThis, { slides: 0 });
      Element.prototype.animate = function (...given) {
        (globalThis as unknown as { slides: number }).slides += 1;
        return animate.apply(this, given);
      };
    });
    return () => this.page.evaluate(() => (globalThis as unknown as { slides: number }).slides);
  }

  /** Says yes to the question that is asked. */
  async confirm(deed: string): Promise<void> {
    const dialog = this.page.getByRole("dialog");
    await dialog.getByRole("button", { name: deed, exact: true }).click();
    await dialog.waitFor({ state: "detached" });
  }
}
