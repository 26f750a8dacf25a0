import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { AppError } from "@mirrorbook/kernel";
import { ClientOrderId } from "@mirrorbook/protocol";
import type { Tracing } from "@mirrorbook/tracing";
import express, {
  type Express,
  type IRouter,
  type Request,
  type RequestHandler,
  type Response,
  type Router,
} from "express";
import type { Authenticator } from "../auth/authenticator.ts";
import { withoutClaimedUser } from "../auth/claimed-user.ts";
import type { Identity } from "../auth/identity.ts";
import { addressOf } from "../limits/address.ts";
import type { RateLimits } from "../limits/rate-limits.ts";
import type { Logger } from "../logger.ts";
import { bearerToken } from "./bearer-token.ts";
import { cors } from "./cors.ts";
import { servePage } from "./page.ts";
import { problemHandler, TRACE_ID_HEADER } from "./problem.ts";
import { QUEUE_PAGE_PATH } from "./queue-page.ts";
import { type Call, checkAccess, parse, Reply, type Route } from "./route.ts";
import { securityHeaders } from "./security-headers.ts";

export interface AppSettings {
  readonly payloadBytesMax: number;
  readonly trustedProxyHops: number;
  readonly allowedOrigins: readonly string[];
  readonly gatewayUrls: readonly string[];
  readonly pageDir: string | undefined;
}

export interface AppParts {
  readonly settings: AppSettings;
  /** Below `/api`. */
  readonly routes: readonly Route[];
  /** At the root, for operators' tools. */
  readonly rootRoutes: readonly Route[];
  readonly queuePage: Router;
  readonly authenticator: Authenticator;
  readonly limits: RateLimits;
  readonly tracing: Tracing | null;
  readonly log: Logger;
}

/** Everything the gateway answers over plain HTTP: the interface, the operators' pages and the built page. */
export function createApp(parts: AppParts): Express {
  const { settings, log } = parts;
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.use(securityHeaders(settings.gatewayUrls));
  app.use(rateLimit(parts));
  for (const route of parts.rootRoutes) mount(app, route, parts);
  app.use(QUEUE_PAGE_PATH, noStore, parts.queuePage);

  const api = express.Router();
  api.use(cors(settings.allowedOrigins));
  api.use(noStore);
  api.use(express.json({ limit: settings.payloadBytesMax, strict: true }));
  for (const route of parts.routes) mount(api, route, parts);
  api.use(nothingHere);

  app.use("/api", api);
  if (settings.pageDir !== undefined) app.use(servePage(settings.pageDir));
  app.use(nothingHere);
  app.use(problemHandler(log));
  return app;
}

function mount(router: IRouter, route: Route, parts: AppParts): void {
  const { tracing } = parts;
  const { method, path, status = 200 } = route.spec;
  const handle = async (request: Request, response: Response) => {
    const result = await route.handle(await checkedCall(route, request, parts));
    await send(response, result instanceof Reply ? result : new Reply(status, result));
  };
  router[method](
    path,
    tracing === null ? handle : traced(`receive ${method} ${path}`, handle, tracing),
  );
}

/** Has requests traced; whoever sent one that is finds its trace by the answer's `Trace-Id`. */
function traced(
  name: string,
  handle: (request: Request, response: Response) => Promise<void>,
  tracing: Tracing,
) {
  return (request: Request, response: Response) =>
    tracing.receive(name, request.get("traceparent"), () => {
      const { current } = tracing;
      if (current !== null) response.set(TRACE_ID_HEADER, current.traceId);
      return handle(request, response);
    });
}

/** Before anything of a request is read: what nobody serves and what is no JSON costs too. */
function rateLimit({ limits, settings }: AppParts): RequestHandler {
  return async (request, _response, next) => {
    await limits.request(addressOf(request, settings.trustedProxyHops));
    next();
  };
}

/** Checks in the order of cost: token, then what was sent. */
async function checkedCall(
  { spec }: Route,
  request: Request,
  { authenticator, settings }: AppParts,
): Promise<Call<unknown, unknown, unknown>> {
  const address = addressOf(request, settings.trustedProxyHops);
  const identity = await identify(request, spec.access === "public", authenticator);
  checkAccess(spec.access, identity);
  return {
    params: spec.params === undefined ? undefined : parse(spec.params, request.params),
    query: spec.query === undefined ? undefined : parse(spec.query, request.query),
    body:
      spec.body === undefined
        ? undefined
        : parse(spec.body, withoutClaimedUser(request.body ?? {}, identity)),
    identity,
    address,
    idempotencyKey: parse(ClientOrderId.optional(), request.get("Idempotency-Key")),
  };
}

/** A public route works without a token, and with a bad one too: the page must load to tell that a session is over. */
async function identify(
  request: Request,
  isPublic: boolean,
  authenticator: Authenticator,
): Promise<Identity | null> {
  if (isPublic) return null;
  const token = bearerToken(request);
  return token === null ? null : authenticator.identify(token);
}

/** A readable is streamed; when it fails half-way the connection is cut, so that nobody takes a part for the whole. */
async function send(response: Response, { status, body, headers }: Reply): Promise<void> {
  response.status(status).set(headers);
  if (body instanceof Readable) await pipeline(body, response).catch(ignoreLeft);
  else if (typeof body === "string") response.send(body);
  else if (body === undefined) response.end();
  else response.json(body);
}

/** A client that goes away while it is sent something is nobody's failure. */
function ignoreLeft(error: NodeJS.ErrnoException): void {
  if (error.code !== "ERR_STREAM_PREMATURE_CLOSE") throw error;
}

function noStore(_request: Request, response: Response, next: () => void): void {
  response.set("Cache-Control", "no-store");
  next();
}

function nothingHere(request: Request): never {
  throw new AppError("NOT_FOUND", `Nothing is at ${request.method} ${request.path.slice(0, 200)}.`);
}
