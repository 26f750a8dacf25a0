/** Random trading of all kinds around the present price, repeatable from a seed. */
import type { Book } from "@mirrorbook/book";
import { formatUnits } from "@mirrorbook/kernel";
import type { Balance, CommandBody, NewOrder, OrderType, TimeInForce } from "@mirrorbook/protocol";
import { newOrder } from "./world.ts";

export interface RandomTrading {
  readonly random: () => number;
  readonly book: Book;
  /** Smallest tradable size, in lots; all sizes are multiples. */
  readonly stepLots: number;
  /** Largest size, in steps. */
  readonly stepsMax: number;
  /** How far from the best price orders go, in ticks. */
  readonly reachTicks: number;
  readonly accounts: readonly string[];
  readonly nowMs: number;
  /** Open orders of the user, oldest first. */
  readonly openOrders: readonly string[];
  /** Base asset that could be sold now in an account, in whole steps; decimal text. */
  readonly owned: (account: string) => string;
}

/** Whole steps of the base asset available in an account, from the user's stored fields. */
export function ownedIn(
  fields: Readonly<Record<string, string>>,
  asset: string,
  stepLots: number,
  sizeDecimals: number,
): (account: string) => string {
  return (account) => {
    const text = fields[`balance/${account}/${asset}`];
    const available = text === undefined ? 0 : Number((JSON.parse(text) as Balance).available);
    const steps = Math.floor((available * 10 ** sizeDecimals) / stepLots);
    return formatUnits(steps * stepLots, sizeDecimals);
  };
}

const TYPES: readonly OrderType[] = [
  "market",
  "market",
  "limit",
  "limit",
  "limit",
  "limit",
  "stop",
  "stop_limit",
  "take_profit",
  "take_profit_limit",
  "trailing_stop",
];
const TIMES: readonly TimeInForce[] = ["GTC", "GTC", "GTC", "IOC", "FOK", "GTD", "DAY"];

export function randomCommand(trading: RandomTrading): CommandBody {
  const { random, openOrders } = trading;
  const dice = random();
  const account = pick(random, trading.accounts);
  const some = openOrders.length > 0;
  if (random() < 0.02) return sellAll(trading, account);
  if (dice < 0.72 || !some) {
    if (random() < 0.06) return randomOco(trading, account);
    if (random() < 0.03) return { type: "order:preview", order: randomOrder(trading, account) };
    return { type: "order:place", order: randomOrder(trading, account) };
  }
  const orderId = pick(random, openOrders);
  if (dice < 0.88) return { type: "order:cancel", target: { orderId } };
  if (dice < 0.92) return { type: "order:amend", orderId, quantity: randomSize(trading) };
  if (dice < 0.95) {
    return { type: "order:cancel_replace", orderId, order: randomOrder(trading, account) };
  }
  if (dice < 0.96) return { type: "order:cancel_all", account: null, symbol: trading.book.symbol };
  if (dice < 0.97) return { type: "account:cancel_after", timeoutMs: random() < 0.5 ? 0 : 1_000 };
  if (dice < 0.985)
    return { type: "account:deposit", account, asset: "SIM_USD", amount: "1000.25" };
  return { type: "account:withdraw", account, asset: "SIM_USD", amount: "3000.5" };
}

function sellAll({ book, owned }: RandomTrading, account: string): CommandBody {
  const order = { account, symbol: book.symbol, side: "sell", quantity: owned(account) } as const;
  return { type: "order:place", order: newOrder({ ...order, timeInForce: "IOC" }) };
}

function randomOrder(trading: RandomTrading, account: string): NewOrder {
  const { random, nowMs, book } = trading;
  const type = pick(random, TYPES);
  const side = random() < 0.5 ? "buy" : "sell";
  const common = { account, symbol: book.symbol, side, type } as const;
  if (type === "market") {
    if (random() < 0.3) {
      return newOrder({ ...common, quoteQuantity: (1 + random() * 5_000).toFixed(2) });
    }
    return newOrder({ ...common, quantity: randomSize(trading), timeInForce: "IOC" });
  }
  const isLimited = type === "limit" || type.endsWith("_limit");
  const timeInForce = isLimited ? pick(random, TIMES) : "GTC";
  const isTrailing = type === "trailing_stop";
  const rests = timeInForce !== "IOC" && timeInForce !== "FOK";
  return newOrder({
    ...common,
    quantity: randomSize(trading),
    price: isLimited ? randomPrice(trading) : null,
    stopPrice: type === "limit" || (isTrailing && random() < 0.5) ? null : randomPrice(trading),
    trailingBps: isTrailing ? 1 + Math.floor(random() * 20) : null,
    timeInForce,
    expireAtMs: timeInForce === "GTD" ? nowMs + Math.floor(random() * 60_000) : null,
    postOnly: type === "limit" && rests && random() < 0.3,
  });
}

function randomOco(trading: RandomTrading, account: string): CommandBody {
  const { random, book } = trading;
  const side = random() < 0.5 ? "buy" : "sell";
  const [below, above] = [randomPrice(trading), randomPrice(trading)].sort(
    (left, right) => Number(left) - Number(right),
  ) as [string, string];
  const isBuy = side === "buy";
  return {
    type: "order:place_oco",
    account,
    symbol: book.symbol,
    side,
    quantity: randomSize(trading),
    price: isBuy ? below : above,
    stopPrice: isBuy ? above : below,
    stopLimitPrice: random() < 0.5 ? null : randomPrice(trading),
  };
}

function randomSize({ random, stepLots, stepsMax, book }: RandomTrading): string {
  const steps = 1 + Math.floor(random() ** 3 * stepsMax);
  return formatUnits(steps * stepLots, book.sizeDecimals);
}

function randomPrice({ random, book, reachTicks }: RandomTrading): string {
  const best = (random() < 0.5 ? book.bestBid() : book.bestAsk()) ?? 10_000;
  const away = Math.round((random() + random() - 1) ** 3 * reachTicks);
  return formatUnits(Math.max(1, best + away), book.priceDecimals);
}

function pick<T>(random: () => number, items: readonly T[]): T {
  return items[Math.floor(random() * items.length)]!;
}
