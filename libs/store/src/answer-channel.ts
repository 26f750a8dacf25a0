/** How an answer finds the one who waits: a sharded channel per waiting process, a message per batch of the leader. */
import type { Answer } from "@mirrorbook/protocol";
import type { RedisClient } from "./redis.ts";

export interface Reply {
  readonly replyTo: string;
  readonly requestId: number;
  readonly answer: Answer<unknown>;
}

/** The channel of one waiting process. `replyTo` is unique per start, so no answer meets another's question. */
export function answerChannel(replyTo: string): string {
  return `answers:{${replyTo}}`;
}

/** Sends a batch of answers, one message per process that waits. Nobody waits any longer: nobody hears it. */
export async function publishAnswers(redis: RedisClient, replies: readonly Reply[]): Promise<void> {
  const byTarget = new Map<string, [number, Answer<unknown>][]>();
  for (const { replyTo, requestId, answer } of replies) {
    const answers = byTarget.get(replyTo);
    if (answers === undefined) byTarget.set(replyTo, [[requestId, answer]]);
    else answers.push([requestId, answer]);
  }
  const sent = Array.from(byTarget, ([replyTo, answers]) =>
    redis.spublish(answerChannel(replyTo), JSON.stringify(answers)),
  );
  await Promise.all(sent);
}

export function parseAnswers(message: string): [requestId: number, answer: Answer<unknown>][] {
  return JSON.parse(message);
}
