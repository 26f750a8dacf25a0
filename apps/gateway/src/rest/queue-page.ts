/**
 * The queue of scheduled work as operators see it: bull-board at `/admin/queues`, for the role `admin`.
 *
 * Browsers cannot send a header with a page, and a token in an address ends up in histories and logs. So a form opens a
 * session whose token is a cookie: for this path only, hidden from scripts, and never sent from another site, which is
 * also what keeps others from pressing the page's buttons. `Authorization: Bearer` works as everywhere.
 */
import { createBullBoard } from "@bull-board/api";
import { BullMQAdapter } from "@bull-board/api/bullMQAdapter";
import { ExpressAdapter } from "@bull-board/express";
import { AppError } from "@mirrorbook/kernel";
import type { Queue } from "bullmq";
import express, { type Request, type Response, type Router } from "express";
import { z } from "zod";
import type { Accounts } from "../auth/accounts.ts";
import type { Authenticator } from "../auth/authenticator.ts";
import type { Identity } from "../auth/identity.ts";
import { addressOf } from "../limits/address.ts";
import type { RateLimits } from "../limits/rate-limits.ts";
import { bearerToken } from "./bearer-token.ts";
import { checkAccess, parse } from "./route.ts";
import { queuePageHeaders } from "./security-headers.ts";

export const QUEUE_PAGE_PATH = "/admin/queues";
const COOKIE = "mirrorbook_admin";
const COOKIE_TEXT = new RegExp(`(?:^|; )${COOKIE}=([\\w.~+/=-]{1,8192})(?:;|$)`);

const SignIn = z.union([
  z.object({ token: z.string().min(1).max(8_192) }),
  z.object({ name: z.string().min(1).max(64), password: z.string().min(1).max(128) }),
]);

export interface QueuePageOptions {
  readonly queue: Queue;
  readonly accounts: Accounts;
  readonly authenticator: Authenticator;
  readonly limits: RateLimits;
  readonly trustedProxyHops: number;
  /** False where browsers reach us without TLS: there they drop secure cookies. */
  readonly secureCookie: boolean;
}

/** To be mounted at `QUEUE_PAGE_PATH`. */
export function queuePage(options: QueuePageOptions): Router {
  const router = express.Router();
  router.use(queuePageHeaders());
  router.post("/session", express.urlencoded({ extended: false }), async (request, response) => {
    await openSession(options, request, response);
  });
  router.use(async (request, response, next) => {
    const identity = await identify(options.authenticator, request);
    if (identity === null && request.method === "GET" && request.accepts("html")) {
      return void response.status(401).type("html").send(SIGN_IN_FORM);
    }
    checkAccess("admin", identity);
    next();
  });
  return router.use(boardOf(options.queue));
}

async function openSession(
  { accounts, authenticator, limits, trustedProxyHops, secureCookie }: QueuePageOptions,
  request: Request,
  response: Response,
): Promise<void> {
  const given = parse(SignIn, request.body ?? {});
  await limits.authAttempt(
    addressOf(request, trustedProxyHops),
    "name" in given ? given.name : null,
  );
  const token = "token" in given ? given.token : (await accounts.login(given)).token;
  const identity = await authenticator.identify(token);
  checkAccess("admin", identity);
  response.cookie(COOKIE, token, {
    path: QUEUE_PAGE_PATH,
    httpOnly: true,
    sameSite: "strict",
    secure: secureCookie,
    expires: new Date(identity.expiresAtMs),
    encode: String,
  });
  response.redirect(303, QUEUE_PAGE_PATH);
}

async function identify(authenticator: Authenticator, request: Request): Promise<Identity | null> {
  const token = bearerToken(request) ?? COOKIE_TEXT.exec(request.get("Cookie") ?? "")?.[1] ?? null;
  if (token === null) return null;
  return authenticator.identify(token).catch((error: unknown) => {
    // A session that is over leads back to the form.
    if (error instanceof AppError && error.code !== "UNAVAILABLE") return null;
    throw error;
  });
}

function boardOf(queue: Queue): Router {
  const serverAdapter = new ExpressAdapter();
  serverAdapter.setBasePath(QUEUE_PAGE_PATH);
  createBullBoard({
    queues: [new BullMQAdapter(queue)],
    serverAdapter,
    options: { uiConfig: { boardTitle: "Mirrorbook", hideRedisDetails: true } },
  });
  return serverAdapter.getRouter() as Router;
}

const SIGN_IN_FORM = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Mirrorbook queues</title>
<style>
  body { font: 16px/1.5 system-ui; max-width: 22rem; margin: 15vh auto; padding: 0 1rem }
  label, input { display: block; width: 100%; box-sizing: border-box }
  input { font: inherit; margin: 0 0 .75rem; padding: .4rem }
</style>
<h1>Queues</h1>
<form method="post" action="${QUEUE_PAGE_PATH}/session">
  <label>Name <input name="name" autocomplete="username" required></label>
  <label>Password <input name="password" type="password" autocomplete="current-password" required></label>
  <button>Sign in</button>
</form>
<form method="post" action="${QUEUE_PAGE_PATH}/session">
  <label>Or a token with the role admin <input name="token" type="password" required></label>
  <button>Use the token</button>
</form>
`;
