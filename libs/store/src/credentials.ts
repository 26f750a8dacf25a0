/** Logins by name, and sessions that must no longer be let in. Owned by gateways; the leader never looks. */
import { rooms } from "@mirrorbook/protocol";
import { keys } from "./keys.ts";
import type { RedisClient } from "./redis.ts";
import { publishToRoom, type RoomEvent } from "./room-events.ts";
import type { RoomPackets } from "./room-packets.ts";

export interface Credentials {
  readonly userId: string;
  /** As the user wrote it; the key is its lower case. */
  readonly name: string;
  /** Whatever the gateway's password hash needs, in one text. */
  readonly passwordHash: string;
  readonly roles: readonly string[];
  readonly createdAt: string;
}

/** Keeps a new login; `taken` when the name (in any case) has one already. Safe to race. */
export async function createCredentials(
  redis: RedisClient,
  credentials: Credentials,
): Promise<{ readonly kind: "created" | "taken" }> {
  const key = keys.credentials(credentials.name.toLowerCase());
  const set = await redis.set(key, JSON.stringify(credentials), "NX");
  return { kind: set === "OK" ? "created" : "taken" };
}

export async function readCredentials(
  redis: RedisClient,
  name: string,
): Promise<Credentials | null> {
  const text = await redis.get(keys.credentials(name.toLowerCase()));
  return text === null ? null : (JSON.parse(text) as Credentials);
}

/** One session, or all that were issued to the user before a time. */
export type Revocation = { readonly userId: string; readonly reason: string } & (
  | { readonly sessionId: string }
  | { readonly issuedBeforeMs: number }
);

const REVOCATION_EVENT = "session:revoked";

/**
 * Refuses sessions from now on and tells all gateways (see `revocationIn`).
 * `ttlMs`: the longest a token that this is about can still be valid.
 */
export async function revokeSessions(
  redis: RedisClient,
  packets: RoomPackets,
  revocation: Revocation,
  ttlMs: number,
): Promise<void> {
  const { userId } = revocation;
  if ("sessionId" in revocation) {
    await redis.set(keys.revokedSession(userId, revocation.sessionId), "1", "PX", ttlMs);
  } else {
    await redis.set(keys.revokedBefore(userId), String(revocation.issuedBeforeMs), "PX", ttlMs);
  }
  await publishToRoom(redis, packets, rooms.control(), [[REVOCATION_EVENT, revocation]]);
}

/** The revocation in an event of the control room, if it is one. */
export function revocationIn([name, payload]: RoomEvent): Revocation | null {
  return name === REVOCATION_EVENT ? (payload as Revocation) : null;
}

export async function isRevoked(
  redis: RedisClient,
  session: { readonly userId: string; readonly sessionId: string; readonly issuedAtMs: number },
): Promise<boolean> {
  const [one, before] = await Promise.all([
    redis.exists(keys.revokedSession(session.userId, session.sessionId)),
    redis.get(keys.revokedBefore(session.userId)),
  ]);
  return one === 1 || (before !== null && session.issuedAtMs < Number(before));
}
