import { AppError } from "@mirrorbook/kernel";
import type { Order, OrderStatus } from "@mirrorbook/protocol";
import {
  findOrder,
  type Page,
  type RedisClient,
  readHistory,
  readUserState,
} from "@mirrorbook/store";
import { reading } from "./reading.ts";

export interface OrderQuery {
  readonly status?: "open" | "closed" | OrderStatus | undefined;
  readonly symbol: string | null;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/** Statuses of orders that are still in the state, not in the history. */
const OPEN: readonly string[] = ["pending", "open", "partially_filled"];
/** Pages of the history that one request may look through for what matches. */
const PAGES_SEARCHED_MAX = 10;

/** Reads a user's orders: the open ones from the state, the closed ones from the history. */
export class OrderReader {
  readonly #redis: RedisClient;

  constructor(redis: RedisClient) {
    this.#redis = redis;
  }

  /** @throws {AppError} UNKNOWN_ORDER. */
  async find(userId: string, id: string): Promise<Order> {
    const isIt = (order: Order) => order.id === id || order.clientOrderId === id;
    const order = await reading(findOrder(this.#redis, userId, isIt));
    if (order === null) throw new AppError("UNKNOWN_ORDER", "You have no such order.");
    return order;
  }

  /** The first page opens with the open orders, which are never split over pages. */
  async list(userId: string, query: OrderQuery) {
    const { status, cursor } = query;
    const matches = matcher(query);
    const wantsOpen = status === undefined || status === "open" || OPEN.includes(status);
    const open = wantsOpen && cursor === undefined ? await this.#open(userId) : [];
    const onlyOpen = status !== undefined && wantsOpen;
    const closed = onlyOpen ? NOTHING : await this.#closed(userId, query, matches);
    return {
      orders: [...open.filter(matches), ...closed.items],
      nextCursor: closed.nextCursor,
    };
  }

  async #open(userId: string): Promise<readonly Order[]> {
    const state = await reading(readUserState(this.#redis, userId));
    return [...(state?.openOrders ?? [])].sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  }

  /** Looks through the history until a page is full. Fewer than `limit` and a cursor: there is more to look through. */
  async #closed(
    userId: string,
    { cursor, limit, symbol, status }: OrderQuery,
    matches: (order: Order) => boolean,
  ): Promise<Page<Order>> {
    const isFiltered = symbol !== null || (status !== undefined && status !== "closed");
    if (!isFiltered) {
      return reading(readHistory(this.#redis, userId, "orders", { cursor: cursor ?? null, limit }));
    }
    const items: Order[] = [];
    let next: string | null = cursor ?? null;
    for (let page = 0; page < PAGES_SEARCHED_MAX; page++) {
      const read: Page<Order> = await reading(
        // No more than are wanted, so that what does not fit is not skipped by the cursor.
        readHistory(this.#redis, userId, "orders", { cursor: next, limit: limit - items.length }),
      );
      items.push(...read.items.filter(matches));
      next = read.nextCursor;
      if (next === null || items.length >= limit) break;
    }
    return { items, nextCursor: next };
  }
}

const NOTHING: Page<Order> = { items: [], nextCursor: null };

function matcher({ status, symbol }: OrderQuery): (order: Order) => boolean {
  return (order) => {
    if (symbol !== null && order.symbol !== symbol) return false;
    if (status === undefined || status === "closed") return true;
    return status === "open" ? OPEN.includes(order.status) : order.status === status;
  };
}
