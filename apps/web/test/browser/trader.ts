/** The page as a person uses it: found by role and name, never by class or place in the document. */
import { eventually } from "@mirrorbook/testkit";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";

/** Generous: several processes and a browser share few cores. */
const WITHIN_MS = 20_000;
const DESKTOP = { width: 1440, height: 900 };

export interface TicketFields {
  readonly side: "Buy" | "Sell";
  /** As the ticket names it, e.g. "Stop limit". */
  readonly type: string;
  readonly amount: string;
  /** Text by label, e.g. `{ "Trigger price": "60000" }`. */
  readonly fields?: Readonly<Record<string, string>>;
}

export class Trader implements AsyncDisposable {
  readonly page: Page;
  /** What went wrong inside the page: uncaught errors, and what it complained of itself. */
  readonly complaints: string[] = [];

  constructor(page: Page) {
    this.page = page;
    page.on("pageerror", (error) => this.complaints.push(String(error)));
    page.setDefaultTimeout(WITHIN_MS);
  }

  /** Opens the page in a browser profile of its own and waits until it is live. */
  static async arrive<T extends Trader>(
    this: new (
      page: Page,
    ) => T,
    browser: Browser,
    url: string,
    options: BrowserContextOptions = {},
  ): Promise<T> {
    const context = await browser.newContext({ viewport: DESKTOP, ...options });
    const trader = new this(await context.newPage());
    await trader.page.goto(url);
    await trader.status.getByText("Live", { exact: true }).waitFor();
    return trader;
  }

  get status(): Locator {
    return this.page.getByRole("contentinfo");
  }

  get ticket(): Locator {
    return this.page.getByRole("region", { name: "Order ticket" });
  }

  get desk(): Locator {
    return this.page.getByRole("region", { name: "Your desk" });
  }

  get asks(): Locator {
    return this.page.getByRole("listbox", { name: /^Asks/ });
  }

  get bids(): Locator {
    return this.page.getByRole("listbox", { name: /^Bids/ });
  }

  /** A message that came up, e.g. of a fill. */
  notice(text: string | RegExp): Locator {
    return this.page.getByRole("listitem").filter({ hasText: text });
  }

  /** @param base e.g. "ETH" */
  marketTab(base: string): Locator {
    return this.page.getByRole("tablist", { name: "Markets" }).getByRole("tab", {
      name: new RegExp(`^${base}/`),
    });
  }

  async chooseMarket(base: string): Promise<void> {
    await this.marketTab(base).click();
    await this.page.getByRole("heading", { name: `${base}/USD` }).waitFor();
  }

  async chooseDeskTab(name: string): Promise<void> {
    await this.desk.getByRole("tab", { name }).click();
  }

  /** Rows of the open desk table that contain all of `texts`. */
  rows(...texts: readonly (string | RegExp)[]): Locator {
    const body = this.desk.getByRole("table").getByRole("row");
    return texts.reduce<Locator>((rows, hasText) => rows.filter({ hasText }), body);
  }

  /** Registers under a name through the dialog. */
  async register(name: string, password: string): Promise<void> {
    await this.page.getByRole("banner").getByRole("button", { name: "Register" }).click();
    await this.#credentials("Register", name, password);
  }

  async signIn(name: string, password: string): Promise<void> {
    await this.page.getByRole("banner").getByRole("button", { name: "Sign in" }).click();
    await this.#credentials("Sign in", name, password);
  }

  async #credentials(deed: string, name: string, password: string): Promise<void> {
    const dialog = this.page.getByRole("dialog", { name: deed });
    await dialog.getByLabel("Name").fill(name);
    await dialog.getByLabel("Password").fill(password);
    await dialog.getByRole("button", { name: deed, exact: true }).click();
    await this.page.getByRole("banner").getByText(name).waitFor();
    await this.status.getByText("Live", { exact: true }).waitFor();
  }

  /** A cell of one row by the heading of its column. */
  async cell(row: Locator, heading: string): Promise<string> {
    const headings = await this.desk.getByRole("columnheader").allTextContents();
    const index = headings.findIndex((text) => text.toLowerCase() === heading.toLowerCase());
    if (index < 0) throw new Error(`no column ${heading} in ${headings.join(", ")}`);
    return (await row.getByRole("cell").nth(index).textContent()) ?? "";
  }

  /** Last price, as the ticket offers it. */
  async lastPrice(): Promise<number> {
    await this.chooseType("Limit");
    await this.ticket.getByRole("button", { name: "Last" }).click();
    return Number(await this.field("Price").inputValue());
  }

  field(label: string): Locator {
    return this.ticket.getByLabel(label, { exact: true });
  }

  async chooseType(type: string): Promise<void> {
    if (type === "Market" || type === "Limit") {
      await this.ticket.getByRole("button", { name: type, exact: true }).click();
    } else {
      await this.ticket
        .getByRole("combobox", { name: "More order types" })
        .selectOption({ label: type });
    }
  }

  /** Fills the ticket in. */
  async fill({ side, type, amount, fields = {} }: TicketFields): Promise<void> {
    await this.ticket.getByRole("button", { name: side, exact: true }).click();
    await this.chooseType(type);
    for (const [label, text] of Object.entries(fields)) await this.field(label).fill(text);
    await this.field("Amount").fill(amount);
  }

  /** Sends what the ticket holds. */
  async send(side: "Buy" | "Sell"): Promise<void> {
    await this.ticket.getByRole("button", { name: new RegExp(`^${side} \\S+ `) }).click();
  }

  async place(order: TicketFields): Promise<void> {
    await this.fill(order);
    await this.send(order.side);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.context().close();
  }
}

/** Waits until an element's text is another one. */
export async function changes(locator: Locator): Promise<void> {
  const before = await locator.textContent();
  await eventually(
    async () => {
      if ((await locator.textContent()) === before) throw new Error(`still shows ${before}`);
    },
    { withinMs: WITHIN_MS, everyMs: 100 },
  );
}
