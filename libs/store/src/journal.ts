/** Reading a user's journal whole, without holding it whole. */
import type { Posting } from "@mirrorbook/protocol";
import { keys } from "./keys.ts";
import type { RedisClient } from "./redis.ts";
import { itemsOf, type StreamEntry, seqOf } from "./stream-entries.ts";

const JOURNAL_PAGE = 2_000;

/** A user's postings page by page, oldest first. `end`: as XRANGE takes it. */
export async function* journalPages(
  redis: RedisClient,
  userId: string,
  end = "+",
): AsyncGenerator<JournalPage> {
  let from = "-";
  for (;;) {
    const key = keys.userJournal(userId);
    const entries: StreamEntry[] = await redis.xrange(key, from, end, "COUNT", JOURNAL_PAGE);
    const [oldest, latest] = [entries[0], entries.at(-1)];
    if (oldest === undefined || latest === undefined) return;
    // A user's first commit opens its main portfolio, so a whole journal begins with version 1.
    const isFirst = seqOf(oldest) === 1;
    yield { isFirst, postings: entries.flatMap((entry) => itemsOf<Posting>(entry)) };
    if (entries.length < JOURNAL_PAGE) return;
    from = `(${latest[0]}`;
  }
}

export interface JournalPage {
  /** Whether it begins with the first posting there ever was. */
  readonly isFirst: boolean;
  readonly postings: readonly Posting[];
}
