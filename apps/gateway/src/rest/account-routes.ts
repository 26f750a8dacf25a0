import {
  Balance,
  Portfolio,
  Position,
  Posting,
  ResetAccount,
  Trade,
  Transfer,
  type UserState,
} from "@mirrorbook/protocol";
import {
  EVENTS_PAGE_MAX,
  type RedisClient,
  readEvents,
  readHistory,
  readUserState,
} from "@mirrorbook/store";
import { z } from "zod";
import { commandKey, MAIN_ACCOUNT } from "../commands/command-bodies.ts";
import type { TradingDesk } from "../commands/trading-desk.ts";
import type { BestBids } from "../marks/best-bids.ts";
import { markPortfolio, markPosition } from "../marks/valuation.ts";
import { reading } from "../reads/reading.ts";
import { PageQuery, pageOf } from "./lists.ts";
import { Reply, type Route, userRoute } from "./route.ts";

/** Number of the user's last event that the answer contains. */
const AsOf = { seq: z.int() };
const EventsQuery = z.object({
  since: z.coerce.number().int().min(0),
  limit: z.coerce.number().int().min(1).max(EVENTS_PAGE_MAX).default(EVENTS_PAGE_MAX),
});
const EventsAnswer = z.object({
  events: z.array(z.tuple([z.string(), z.looseObject({ seq: z.int() })])),
  seq: z.int(),
  /** The events after `since` are no longer kept: reload, and go on from `seq`. */
  resync: z.boolean(),
});
const NO_STATE: UserState = { seq: 0, balances: [], positions: [], portfolios: [], openOrders: [] };

/** What a user owns. */
export function accountRoutes(redis: RedisClient, desk: TradingDesk, bids: BestBids): Route[] {
  const stateOf = async (userId: string) => {
    await desk.ensureAccount(userId).catch(() => {}); // A user without an account simply owns nothing yet.
    return (await reading(readUserState(redis, userId))) ?? NO_STATE;
  };
  return [
    userRoute(
      {
        method: "get",
        path: "/balances",
        summary: "Balances of all portfolios.",
        answer: z.object({ balances: z.array(Balance), ...AsOf }),
      },
      async ({ identity }) => {
        const { balances, seq } = await stateOf(identity.userId);
        return { balances, seq };
      },
    ),
    userRoute(
      {
        method: "get",
        path: "/positions",
        summary: "Positions, open ones valued at the best bid.",
        answer: z.object({ positions: z.array(Position), ...AsOf }),
      },
      async ({ identity }) => {
        const { positions, seq } = await stateOf(identity.userId);
        const prices = await reading(bids.read());
        return { positions: positions.map((position) => markPosition(position, prices)), seq };
      },
    ),
    userRoute(
      {
        method: "get",
        path: "/portfolio",
        summary: "Worth and profit of each portfolio, at the best bid.",
        answer: z.object({ portfolios: z.array(Portfolio), ...AsOf }),
      },
      async ({ identity }) => {
        const { portfolios, balances, seq } = await stateOf(identity.userId);
        const prices = await reading(bids.read());
        return { portfolios: portfolios.map((p) => markPortfolio(p, balances, prices)), seq };
      },
    ),
    userRoute(
      {
        method: "get",
        path: "/trades",
        summary: "The user's trades, newest first.",
        query: PageQuery,
        answer: pageOf("trades", Trade),
      },
      async ({ identity, query }) => {
        const page = await reading(
          readHistory(redis, identity.userId, "trades", pageArguments(query)),
        );
        return { trades: page.items, nextCursor: page.nextCursor };
      },
    ),
    userRoute(
      {
        method: "get",
        path: "/journal",
        summary: "Double-entry postings, newest first.",
        query: PageQuery,
        answer: pageOf("postings", Posting),
      },
      async ({ identity, query }) => {
        const page = await reading(
          readHistory(redis, identity.userId, "journal", pageArguments(query)),
        );
        return { postings: page.items, nextCursor: page.nextCursor };
      },
    ),
    userRoute(
      {
        method: "get",
        path: "/events",
        summary: "The user's events after a number, oldest first.",
        query: EventsQuery,
        answer: EventsAnswer,
      },
      async ({ identity, query }) => {
        const read = await reading(readEvents(redis, identity.userId, query.since, query.limit));
        const resync = read.kind === "expired";
        return { events: read.kind === "events" ? read.events : [], seq: read.lastSeq, resync };
      },
    ),
    ...transfers(desk),
    userRoute(
      {
        method: "post",
        path: "/account/reset",
        summary: "Starts a portfolio anew.",
        body: ResetAccount,
        answer: z.object({ balances: z.array(Balance), portfolio: Portfolio }),
      },
      async ({ body, identity, idempotencyKey }) => {
        const { commandId, account = MAIN_ACCOUNT } = body;
        const key = commandKey(commandId, idempotencyKey);
        return (await desk.submit(identity.userId, key, { type: "account:reset", account })).value;
      },
    ),
  ];
}

function transfers(desk: TradingDesk): Route[] {
  const transfer = (path: string, summary: string, type: "account:deposit" | "account:withdraw") =>
    userRoute(
      {
        method: "post",
        path,
        summary,
        body: Transfer,
        answer: z.object({ balance: Balance }),
        status: 201,
      },
      async ({ body, identity, idempotencyKey }) => {
        const { commandId, account = MAIN_ACCOUNT, asset, amount } = body;
        const key = commandKey(commandId, idempotencyKey);
        const command = { type, account, asset, amount };
        const { value, replayed } = await desk.submit(identity.userId, key, command);
        return new Reply(replayed ? 200 : 201, value);
      },
    );
  return [
    transfer("/deposits", "Adds virtual money.", "account:deposit"),
    transfer("/withdrawals", "Takes virtual money away.", "account:withdraw"),
  ];
}

function pageArguments({ cursor, limit }: z.output<typeof PageQuery>) {
  return { cursor: cursor ?? null, limit };
}
