import { AppError } from "@mirrorbook/kernel";
import type { Request } from "express";

const BEARER = /^Bearer ([\w.~+/=-]{1,8192})$/i;

/** The token of the request's `Authorization`; `null` without one. @throws {AppError} UNAUTHORIZED for another scheme. */
export function bearerToken(request: Request): string | null {
  const header = request.get("Authorization");
  if (header === undefined) return null;
  const token = BEARER.exec(header)?.[1];
  if (token !== undefined) return token;
  throw new AppError("UNAUTHORIZED", "Send Authorization: Bearer <token>.");
}
