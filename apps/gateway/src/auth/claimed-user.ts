import { AppError } from "@mirrorbook/kernel";
import type { Identity } from "./identity.ts";

const CLAIMS = ["userId", "user_id"] as const;

/**
 * Takes a user id that a client wrote into a message out of it: identity comes from the token alone. Older clients send
 * one all the same; it must be their own.
 *
 * @throws {AppError} FORBIDDEN when it is somebody else's, or there is no token.
 */
export function withoutClaimedUser(message: unknown, identity: Identity | null): unknown {
  if (typeof message !== "object" || message === null || Array.isArray(message)) return message;
  if (!CLAIMS.some((claim) => Object.hasOwn(message, claim))) return message;
  const { userId = undefined, user_id = undefined, ...rest } = message as Record<string, unknown>;
  for (const claimed of [userId, user_id]) {
    if (claimed !== undefined && claimed !== identity?.userId) {
      throw new AppError("FORBIDDEN", "This user id is not the one of your token.");
    }
  }
  return rest;
}
