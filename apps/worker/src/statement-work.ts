/** Draws up the statement a user asked for. The request travels with the job, so a repeat comes to the same. */
import type { PendingStatement } from "@mirrorbook/protocol";
import { journalPages, type RedisClient, readStatement, writeStatement } from "@mirrorbook/store";
import { StatementDraft } from "./statement.ts";

export interface StatementJob {
  readonly userId: string;
  readonly asked: PendingStatement;
}

/** @throws what a later attempt may overcome. */
export async function drawUpStatement(
  redis: RedisClient,
  { userId, asked }: StatementJob,
): Promise<void> {
  const draft = new StatementDraft(userId, asked);
  let complete = false;
  for await (const page of journalPages(redis, userId)) {
    complete ||= page.isFirst;
    for (const posting of page.postings) draft.add(posting);
  }
  const latest = await readStatement(redis, userId);
  if (latest !== null && latest.requestedAt > asked.requestedAt) return; // Another was asked for since.
  await writeStatement(redis, userId, draft.finish(complete));
}
