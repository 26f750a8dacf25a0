/**
 * Hashes that only the present leader may write: held liquidity of each market, and the index of users with open orders.
 *
 * A leader reads such a hash once, raising its epoch in the same step; from then on a leader of an earlier epoch is
 * refused. So what the reader saw stays true but for its own writes.
 */
import type { RedisClient } from "./redis.ts";
import { runScript } from "./scripts.ts";

export type FencedRead =
  | { readonly kind: "read"; readonly fields: Readonly<Record<string, string>> }
  | { readonly kind: "deposed"; readonly epoch: number };

export type FencedWrite = { readonly kind: "written" } | { readonly kind: "deposed" };

/** Absolute values by field; `null` removes the field. */
export type FencedChanges = ReadonlyMap<string, string | null>;

/** Reads the hash and closes it to leaders of earlier epochs. */
export async function readAndRaise(
  redis: RedisClient,
  key: string,
  epoch: number,
): Promise<FencedRead> {
  const [taken, ...rest] = (await runScript(redis, "raise-fence", key, epoch)) as [
    number,
    ...(string | number)[],
  ];
  if (taken === 0) return { kind: "deposed", epoch: Number(rest[0]) };
  return { kind: "read", fields: pairs(rest as string[]) };
}

/** Writes changes of the leader of `epoch`, all or none. A repeat is harmless. */
export async function writeFenced(
  redis: RedisClient,
  key: string,
  epoch: number,
  changes: FencedChanges,
): Promise<FencedWrite> {
  const sets: string[] = [];
  const deletes: string[] = [];
  for (const [field, value] of changes) {
    if (value === null) deletes.push(field);
    else sets.push(field, value);
  }
  const reply = (await runScript(
    redis,
    "write-fenced",
    key,
    epoch,
    sets.length / 2,
    ...sets,
    ...deletes,
  )) as [number];
  return { kind: reply[0] === 1 ? "written" : "deposed" };
}

/** A flat list of names and values, as a record. */
export function pairs(flat: readonly string[]): Record<string, string> {
  const record: Record<string, string> = {};
  for (let i = 0; i + 1 < flat.length; i += 2) record[flat[i]!] = flat[i + 1]!;
  return record;
}
