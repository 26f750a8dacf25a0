/** The one statement of each user that is asked for or ready. */
import type { Statement } from "@mirrorbook/protocol";
import { keys } from "./keys.ts";
import { STATEMENT_KEPT_MS } from "./limits.ts";
import type { RedisClient } from "./redis.ts";

/** Keeps a statement in place of the user's last one. */
export async function writeStatement(
  redis: RedisClient,
  userId: string,
  statement: Statement,
): Promise<void> {
  const text = JSON.stringify(statement);
  await redis.set(keys.userStatement(userId), text, "PX", STATEMENT_KEPT_MS);
}

/** `null`: none was asked for, or it is no longer kept. */
export async function readStatement(redis: RedisClient, userId: string): Promise<Statement | null> {
  const text = await redis.get(keys.userStatement(userId));
  return text === null ? null : (JSON.parse(text) as Statement);
}
