import { z } from "zod";
import { type Accounts, Login, Registration, SessionAnswer } from "../auth/accounts.ts";
import type { SessionEnds } from "../auth/session-ends.ts";
import type { TradingDesk } from "../commands/trading-desk.ts";
import type { RateLimits } from "../limits/rate-limits.ts";
import type { Logger } from "../logger.ts";
import { openRoute, Reply, type Route, userRoute } from "./route.ts";

export interface AuthRoutesOptions {
  readonly accounts: Accounts;
  readonly desk: TradingDesk;
  readonly limits: RateLimits;
  readonly sessionEnds: SessionEnds;
  readonly log: Logger;
}

export const Logout = z.strictObject({
  /** Also ends every other session of the user. */
  everywhere: z.boolean().default(false),
});

export function authRoutes({
  accounts,
  desk,
  limits,
  sessionEnds,
  log,
}: AuthRoutesOptions): Route[] {
  /** The account is opened with the session; if that fails now, it is done at the first command. */
  const withAccount = async (session: SessionAnswer) => {
    await desk.ensureAccount(session.user.id).catch((error: unknown) => {
      log.info({ err: error }, "An account will be opened later");
    });
    return session;
  };
  return [
    openRoute(
      {
        method: "post",
        path: "/auth/register",
        summary: "Registers a user and opens a session.",
        body: Registration,
        answer: SessionAnswer,
        status: 201,
      },
      async ({ body, address }) => {
        await limits.authAttempt(address, null);
        return withAccount(await accounts.register(body));
      },
    ),
    openRoute(
      {
        method: "post",
        path: "/auth/login",
        summary: "Opens a session of a registered user.",
        body: Login,
        answer: SessionAnswer,
      },
      async ({ body, address }) => {
        await limits.authAttempt(address, body.name);
        return accounts.login(body);
      },
    ),
    openRoute(
      {
        method: "post",
        path: "/auth/guest",
        summary: "Opens a session of a new guest, who is gone with the token.",
        body: z.strictObject({}),
        answer: SessionAnswer,
        status: 201,
      },
      async ({ address }) => {
        await limits.guest(address);
        return withAccount(await accounts.guest());
      },
    ),
    userRoute(
      {
        method: "post",
        path: "/auth/logout",
        summary: "Ends this session, on every node and connection.",
        body: Logout,
        answer: z.undefined(),
        status: 204,
      },
      async ({ body, identity }) => {
        await sessionEnds.logOut(identity, body.everywhere);
        return new Reply(204, undefined);
      },
    ),
  ];
}
