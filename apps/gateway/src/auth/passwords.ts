/**
 * Passwords as scrypt hashes. Source of the cost: OWASP Password Storage Cheat Sheet, scrypt N = 2^14, r = 8, p = 5
 * (16 MiB and about 150 ms each). The format carries its cost, so it can be raised without invalidating old hashes.
 */
import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { AppError } from "@mirrorbook/kernel";

const COST = { N: 2 ** 14, r: 8, p: 5 } as const;
const HASH_BYTES = 32;
const SALT_BYTES = 16;
/** Hashes in progress or waiting for a thread; more are refused, so a flood of logins cannot queue without bound. */
const PENDING_HASHES_MAX = 64;

let pendingHashes = 0;

export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(password, salt, COST);
  return [
    "scrypt",
    COST.N,
    COST.r,
    COST.p,
    salt.toString("base64url"),
    hash.toString("base64url"),
  ].join("$");
}

/**
 * Tells whether `password` has this hash. `null` stands for a user that does not exist: the answer is no, but takes as
 * long as for one that does, so nobody learns names by the clock.
 */
export async function verifyPassword(password: string, stored: string | null): Promise<boolean> {
  const [scheme, n, r, p, salt, hash] = (stored ?? NOBODY).split("$");
  if (scheme !== "scrypt" || salt === undefined || hash === undefined) return false;
  const expected = Buffer.from(hash, "base64url");
  const cost = { N: Number(n), r: Number(r), p: Number(p) };
  const actual = await derive(password, Buffer.from(salt, "base64url"), cost);
  return timingSafeEqual(actual, expected) && stored !== null;
}

const NOBODY = `scrypt$${COST.N}$${COST.r}$${COST.p}$${"A".repeat(22)}$${"A".repeat(43)}`;

async function derive(password: string, salt: Buffer, cost: typeof COST | Cost): Promise<Buffer> {
  if (pendingHashes >= PENDING_HASHES_MAX) {
    throw new AppError("RATE_LIMITED", "Too many logins at once; try again in a few seconds.");
  }
  pendingHashes++;
  try {
    return await new Promise((resolve, reject) => {
      scrypt(password.normalize("NFKC"), salt, HASH_BYTES, cost, (error, key) =>
        error ? reject(error) : resolve(key),
      );
    });
  } finally {
    pendingHashes--;
  }
}

interface Cost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}
