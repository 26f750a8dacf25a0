/** Reading everything there is, for audits and checks: slow by nature, never on a request path. */
import type { Posting } from "@mirrorbook/protocol";
import { Cluster } from "ioredis";
import { journalPages } from "./journal.ts";
import { keys, STORE_FIELDS } from "./keys.ts";
import type { RedisClient } from "./redis.ts";
import type { ClaimedUser } from "./user-writer.ts";

const SCAN_COUNT = 500;

/** All users that have a state, in batches; each at least once while the system runs, exactly once when it rests. */
export async function* userIds(redis: RedisClient): AsyncGenerator<readonly string[]> {
  const nodes = redis instanceof Cluster ? redis.nodes("master") : [redis];
  const pattern = keys.userState("*");
  const known = new Set<string>();
  for (const node of nodes) {
    let cursor = "0";
    do {
      const [next, found] = await node.scan(cursor, "MATCH", pattern, "COUNT", SCAN_COUNT);
      const fresh = found.map(idOf).filter((id) => !known.has(id));
      for (const id of fresh) known.add(id);
      if (fresh.length > 0) yield fresh;
      cursor = next;
    } while (cursor !== "0");
  }
}

export interface UserAt {
  readonly stored: ClaimedUser;
  /** Every posting up to `stored.version`, oldest first. */
  readonly journal: readonly Posting[];
  /** False when the journal's beginning has been trimmed. */
  readonly complete: boolean;
}

/** Reads a user's state and, of the journal, what that state's version had written: one moment, without a lock. */
export async function readUserAt(redis: RedisClient, userId: string): Promise<UserAt> {
  const fields = await redis.hgetall(keys.userState(userId));
  const version = Number(fields.version ?? 0);
  for (const field of STORE_FIELDS) delete fields[field];
  const journal: Posting[] = [];
  let complete = version === 0;
  for await (const page of journalPages(redis, userId, `(${version + 1}-0`)) {
    complete ||= page.isFirst;
    journal.push(...page.postings);
  }
  return { stored: { userId, version, fields }, journal, complete };
}

function idOf(key: string): string {
  return key.slice(key.indexOf("{") + 1, key.indexOf("}"));
}
