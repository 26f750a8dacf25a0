/** One paper trader: a guest with a connection of its own, a seat in the room and a strategy. */
import {
  accountOfRoom,
  type MarketInfo,
  type PlaceOrder,
  type TradeRoom,
} from "@mirrorbook/protocol";
import { connect, type MirrorbookClient } from "@mirrorbook/sdk";
import { MEMORY, type Sight, STRATEGIES, type StrategyName } from "./strategies.ts";

export interface BotOptions {
  readonly url: string;
  /** Who it is: the same at each try, or a join whose answer was lost would take a second seat. */
  readonly token: string;
  readonly roomId: string;
  /** Invitation code; `null` for a public room. */
  readonly code: string | null;
  readonly name: string;
  readonly strategy: StrategyName;
  readonly random: () => number;
}

/** Decimals a price or size may have at most, whatever the market says. */
const DECIMALS_MAX = 8;

export class Bot {
  readonly #options: BotOptions;
  readonly #client: MirrorbookClient;
  readonly #market: MarketInfo;
  readonly #account: string;
  readonly #mids: number[] = [];
  readonly #stopTicker: () => void;
  #isBusy = false;
  /** Orders accepted and refused so far. */
  accepted = 0;
  refused = 0;

  private constructor(options: BotOptions, client: MirrorbookClient, market: MarketInfo) {
    this.#options = options;
    this.#client = client;
    this.#market = market;
    this.#account = accountOfRoom(options.roomId);
    this.#stopTicker = client.ticker(market.symbol).subscribe(() => this.#onPrice());
  }

  /** Joins the room and picks one of its markets. @throws {ApiError} when the room does not let it in. */
  static async join(options: BotOptions): Promise<Bot> {
    const { url, token, roomId, code, name, random } = options;
    const client = connect({ url, token, transports: ["websocket"] });
    try {
      const body = { name, ...(code === null ? {} : { code }) };
      const { room } = await client.fetch<{ room: TradeRoom & { markets: string[] } }>(
        `rooms/${roomId}/join`,
        { method: "POST", body },
      );
      const { markets } = await client.fetch<{ markets: MarketInfo[] }>("markets");
      const choice = markets.filter(({ symbol }) => room.markets.includes(symbol));
      const market = choice[Math.floor(random() * choice.length)];
      if (market === undefined) throw new Error("the room has no market that is served");
      return new Bot(options, client, market);
    } catch (error) {
      client.close();
      throw error;
    }
  }

  /** Looks, decides, acts; does nothing while the last action is under way. */
  async step(): Promise<void> {
    if (this.#isBusy) return;
    const sight = this.#sight();
    if (sight === null) return;
    this.#isBusy = true;
    try {
      const intent = STRATEGIES[this.#options.strategy](sight, this.#options.random);
      if (intent.kind === "take") await this.#take(intent.side, intent.share, sight);
      if (intent.kind === "quote") await this.#quote(intent.distance, intent.share, sight);
    } finally {
      this.#isBusy = false;
    }
  }

  close(): void {
    this.#stopTicker();
    this.#client.close();
  }

  #onPrice(): void {
    const ticker = this.#client.ticker(this.#market.symbol).getSnapshot();
    const [bid, ask] = [Number(ticker?.bid ?? 0), Number(ticker?.ask ?? 0)];
    if (bid === 0 || ask === 0) return;
    this.#mids.push((bid + ask) / 2);
    if (this.#mids.length > MEMORY) this.#mids.shift();
  }

  #sight(): Sight | null {
    const ticker = this.#client.ticker(this.#market.symbol).getSnapshot();
    const [bid, ask] = [Number(ticker?.bid ?? 0), Number(ticker?.ask ?? 0)];
    if (bid === 0 || ask === 0) return null;
    const balances = this.#client.balances.getSnapshot();
    const free = (asset: string) => {
      const own = balances.items.find(
        (balance) => balance.account === this.#account && balance.asset === asset,
      );
      return Number(own?.available ?? 0);
    };
    const { quote, base } = this.#market;
    return { bid, ask, mids: this.#mids, cash: free(quote), inventory: free(base) };
  }

  async #take(side: "buy" | "sell", share: number, sight: Sight): Promise<void> {
    const quantity = side === "buy" ? (sight.cash * share) / sight.ask : sight.inventory * share;
    await this.#place({ side, type: "market", quantity: this.#size(quantity) }, sight.bid);
  }

  async #quote(distance: number, share: number, sight: Sight): Promise<void> {
    await this.#client.cancelAll({ account: this.#account });
    const mid = (sight.bid + sight.ask) / 2;
    const order = { type: "limit", postOnly: true } as const;
    const buy = this.#size((sight.cash * share) / mid);
    const low = this.#price(mid * (1 - distance));
    await this.#place({ ...order, side: "buy", price: low, quantity: buy }, mid);
    const high = this.#price(mid * (1 + distance));
    await this.#place(
      { ...order, side: "sell", price: high, quantity: this.#size(sight.inventory) },
      mid,
    );
  }

  async #place(
    order: Pick<PlaceOrder, "side" | "type" | "price" | "postOnly"> & { quantity: string },
    price: number,
  ): Promise<void> {
    if (Number(order.quantity) * price < Number(this.#market.minNotional)) return;
    const { symbol } = this.#market;
    const answer = await this.#client.placeOrder(
      { ...order, pair: symbol, account: this.#account },
      { retryForMs: 0 },
    );
    if (answer.ok) this.accepted += 1;
    else this.refused += 1;
  }

  #size(amount: number): string {
    return roundDown(amount, Number(this.#market.stepSize));
  }

  #price(price: number): string {
    return roundDown(price, Number(this.#market.tickSize));
  }
}

function roundDown(value: number, step: number): string {
  const decimals = Math.min(DECIMALS_MAX, Math.max(0, Math.ceil(-Math.log10(step || 1e-8))));
  const steps = step > 0 ? Math.floor(value / step) * step : value;
  return steps.toFixed(decimals);
}
