/**
 * How an answer finds the one who waits: a sharded channel per waiting process, a message per batch of the leader.
 *
 * A message is a line of `requestId length` pairs, then the answers' texts one behind the other: whoever passes an
 * answer on need not read it.
 */
import type { Answer } from "@mirrorbook/protocol";
import type { RedisClient } from "./redis.ts";

export interface Reply {
  readonly replyTo: string;
  readonly requestId: number;
  readonly answer: Answer<unknown>;
}

const ACCEPTED = '{"ok":true';
const REPLAYED = ',"replayed":true}';

/** An answer as it came: the JSON text of an `Answer`. */
export class AnswerText<T = unknown> {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  get ok(): boolean {
    return this.text.startsWith(ACCEPTED);
  }

  /** The first answer, given again to a repeated key. */
  get replayed(): boolean {
    return this.ok && this.text.endsWith(REPLAYED);
  }

  read(): Answer<T> {
    return JSON.parse(this.text) as Answer<T>;
  }
}

/** The channel of one waiting process. `replyTo` is unique per start, so no answer meets another's question. */
export function answerChannel(replyTo: string): string {
  return `answers:{${replyTo}}`;
}

/** Sends a batch of answers, one message per process that waits. Nobody waits any longer: nobody hears it. */
export async function publishAnswers(redis: RedisClient, replies: readonly Reply[]): Promise<void> {
  const byTarget = new Map<
    string,
    { readonly head: (number | string)[]; readonly texts: string[] }
  >();
  for (const { replyTo, requestId, answer } of replies) {
    let message = byTarget.get(replyTo);
    if (message === undefined) {
      message = { head: [], texts: [] };
      byTarget.set(replyTo, message);
    }
    const text = answerText(answer);
    message.head.push(requestId, text.length);
    message.texts.push(text);
  }
  const sent = Array.from(byTarget, ([replyTo, { head, texts }]) =>
    redis.spublish(answerChannel(replyTo), `${head.join(" ")}\n${texts.join("")}`),
  );
  await Promise.all(sent);
}

/** `ok` comes first and `replayed` last, where `AnswerText` looks for them. */
function answerText(answer: Answer<unknown>): string {
  if (!answer.ok) return JSON.stringify({ ok: false, error: answer.error });
  const { value, replayed } = answer;
  return JSON.stringify(replayed ? { ok: true, value, replayed } : { ok: true, value });
}

export function parseAnswers(message: string): [requestId: number, answer: AnswerText][] {
  const headEnd = message.indexOf("\n");
  const head = message.slice(0, headEnd).split(" ");
  const answers: [number, AnswerText][] = [];
  let at = headEnd + 1;
  for (let i = 0; i + 1 < head.length; i += 2) {
    const end = at + Number(head[i + 1]);
    answers.push([Number(head[i]), new AnswerText(message.slice(at, end))]);
    at = end;
  }
  return answers;
}
