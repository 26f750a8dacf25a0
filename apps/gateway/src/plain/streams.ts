/** Document 003: `/ws`, `/ws/orders`, `/ws/trades`, `/ws/markets/{symbol}`. */
import type { Hub } from "@mirrorbook/fanout";
import { AppError } from "@mirrorbook/kernel";
import { STREAM_TOPICS, type Subscription } from "@mirrorbook/protocol";
import { z } from "zod";
import type { MarketDirectory } from "../market/market-directory.ts";
import type { Connection } from "../members/connection.ts";
import { type SubscriptionDesk, throwFirst } from "../members/subscriptions.ts";
import { parse } from "../rest/route.ts";
import type { PlainMembers } from "./plain-members.ts";
import type { PlainRequest, Serve } from "./upgrades.ts";

export const StreamsMessage = z.object({
  action: z.enum(["subscribe", "unsubscribe"]),
  stream: z.enum(["orders", "trades", "orderbook"]),
  symbol: z.string().min(1).max(32).optional(),
});
type StreamsMessage = z.infer<typeof StreamsMessage>;

const MARKET_PATH = "/ws/markets/";
/** The dialect tells the best prices only, which every depth has. */
const DEPTH = 20;

export class StreamsEndpoint {
  readonly #members: PlainMembers;
  readonly #hub: Hub;
  readonly #desk: SubscriptionDesk;
  readonly #markets: MarketDirectory;

  constructor(members: PlainMembers, hub: Hub, desk: SubscriptionDesk, markets: MarketDirectory) {
    this.#members = members;
    this.#hub = hub;
    this.#desk = desk;
    this.#markets = markets;
  }

  /** @throws {AppError} UNAUTHORIZED on `/ws/orders` without a token, UNKNOWN_MARKET. */
  choose(request: PlainRequest): Serve | null {
    const implied = this.#implied(request);
    if (implied === null) return null;
    return (socket) => {
      const connection = this.#members.add(socket, request, "streams", (from, message) =>
        this.#take(from, parse(StreamsMessage, message)),
      );
      this.#members.greet(connection, async () => {
        for (const message of implied) await this.#take(connection, message);
      });
    };
  }

  /** What a path subscribes to by itself; `null` when it is none of ours. */
  #implied({ path, query, identity }: PlainRequest): StreamsMessage[] | null {
    const symbol = query.get("symbol") ?? undefined;
    if (path === "/ws" || path === "/ws/") return [];
    if (path === "/ws/orders") {
      if (identity === null) throw new AppError("UNAUTHORIZED", "Send ?token= of the user.");
      return [{ action: "subscribe", stream: "orders" }];
    }
    if (path === "/ws/trades") {
      if (symbol !== undefined) this.#markets.resolve(symbol);
      return [{ action: "subscribe", stream: "trades", symbol }];
    }
    if (!path.startsWith(MARKET_PATH)) return null;
    const named = path.slice(MARKET_PATH.length);
    this.#markets.resolve(named);
    return [{ action: "subscribe", stream: "orderbook", symbol: named }];
  }

  async #take(connection: Connection, message: StreamsMessage): Promise<void> {
    const subscriptions = this.#subscriptions(connection, message);
    await connection.inTurn(async () => {
      if (message.action === "subscribe") {
        await this.#desk.subscribe(connection, subscriptions, throwFirst);
        this.#choose(connection, message.stream, true);
      } else {
        this.#choose(connection, message.stream, false);
        throwFirst(this.#desk.unsubscribe(connection, subscriptions));
      }
    });
  }

  /** @throws {AppError} UNAUTHORIZED, or BAD_REQUEST where a symbol is missing. */
  #subscriptions({ identity }: Connection, { stream, symbol }: StreamsMessage): Subscription[] {
    switch (stream) {
      case "orders":
        if (identity === null) throw new AppError("UNAUTHORIZED", "Orders need a token.");
        return [{ channel: "trading" }];
      case "trades": {
        const symbols = symbol === undefined ? this.#markets.symbols : [symbol];
        return symbols.map((pair) => ({ channel: "tape", pair }));
      }
      case "orderbook":
        if (symbol === undefined)
          throw new AppError("BAD_REQUEST", "An order book needs a symbol.");
        return [{ channel: "orderbook", pair: symbol, depth: DEPTH }];
    }
  }

  /** A user's own messages come by its own room; the topics say which of them it wants. */
  #choose({ member }: Connection, stream: StreamsMessage["stream"], wanted: boolean): void {
    if (stream === "orderbook") return;
    const topics = new Set(member.topics);
    if (wanted) topics.add(STREAM_TOPICS[stream]);
    else topics.delete(STREAM_TOPICS[stream]);
    this.#hub.update(member, { topics });
  }
}
