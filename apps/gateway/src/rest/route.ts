/**
 * A route is a value: its schemas check what comes in, describe it in the OpenAPI document, and type its handler, which
 * is therefore only the happy path.
 */
import { AppError } from "@mirrorbook/kernel";
import { z } from "zod";
import type { Identity } from "../auth/identity.ts";

export type Method = "get" | "post" | "put" | "patch" | "delete";
/** `user`: any valid token. `admin`, `monitor`: one with that role. */
export type Access = "public" | "user" | "monitor" | "admin";

export interface RouteSpec<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> {
  readonly method: Method;
  /** Below `/api`, in Express' notation. */
  readonly path: string;
  readonly summary: string;
  readonly access: Access;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly answer: z.ZodType;
  /** Status of a success that `Reply` does not say otherwise. */
  readonly status?: 200 | 201 | 202 | 204;
}

/** One request, checked. */
export interface Call<P, Q, B, I = Identity | null> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly identity: I;
  /** The caller's address, proxies discounted. */
  readonly address: string;
  /** `Idempotency-Key`, checked for form. */
  readonly idempotencyKey: string | undefined;
}

/** An answer that is not just JSON with the route's usual status. */
export class Reply {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) {
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

export interface Route {
  readonly spec: RouteSpec<z.ZodType, z.ZodType, z.ZodType>;
  handle(call: Call<unknown, unknown, unknown>): Promise<unknown> | unknown;
}

/** A route anybody may call. */
export function openRoute<
  P extends z.ZodType = z.ZodUndefined,
  Q extends z.ZodType = z.ZodUndefined,
  B extends z.ZodType = z.ZodUndefined,
>(
  spec: Omit<RouteSpec<P, Q, B>, "access">,
  handle: (call: Call<z.output<P>, z.output<Q>, z.output<B>>) => Promise<unknown> | unknown,
): Route {
  return { spec: { ...spec, access: "public" }, handle: handle as Route["handle"] };
}

/** A route for callers with a valid token, and the role where one is named. */
export function userRoute<
  P extends z.ZodType = z.ZodUndefined,
  Q extends z.ZodType = z.ZodUndefined,
  B extends z.ZodType = z.ZodUndefined,
>(
  spec: Omit<RouteSpec<P, Q, B>, "access"> & { readonly access?: Exclude<Access, "public"> },
  handle: (
    call: Call<z.output<P>, z.output<Q>, z.output<B>, Identity>,
  ) => Promise<unknown> | unknown,
): Route {
  return { spec: { access: "user", ...spec }, handle: handle as Route["handle"] };
}

/** @throws {AppError} BAD_REQUEST that names what is wrong and where. */
export function parse<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw badRequest(parsed.error);
}

const PROBLEM_TEXT_MAX = 1_000;

export function badRequest(error: z.ZodError): AppError {
  return new AppError("BAD_REQUEST", z.prettifyError(error).slice(0, PROBLEM_TEXT_MAX));
}

/** @throws {AppError} UNAUTHORIZED or FORBIDDEN. */
export function checkAccess(access: Access, identity: Identity | null): void {
  if (access === "public") return;
  if (identity === null)
    throw new AppError("UNAUTHORIZED", "Send a token: Authorization: Bearer …");
  if (access === "user" || identity.roles.includes(access)) return;
  throw new AppError("FORBIDDEN", `This needs the role ${access}.`);
}
