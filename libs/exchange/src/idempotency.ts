/** A command takes effect once (P3): by its id when it is read again, by its key when a client sends it again. */
import { refusal } from "@mirrorbook/kernel";
import type { Answer, Command, NewOrder, PlacedOrder } from "@mirrorbook/protocol";
import { placedAnswerJson } from "./json.ts";
import { ANSWERS_KEPT_MAX, USED_KEYS_MAX } from "./limits.ts";
import { compareIds } from "./order.ts";
import { textHash } from "./text-hash.ts";
import type { Turn } from "./turn.ts";
import type { StoredAnswer, User } from "./user.ts";

/** The answer to a command that has been applied before; `undefined`: it is new. */
export function earlierAnswer(user: User, command: Command): Answer<unknown> | undefined {
  const kept = user.answers.get(command.key) ?? user.usedKeys.get(command.key);
  const isReread = compareIds(command.id, user.lastCommandId) <= 0;
  if (isReread && (kept?.commandId !== command.id || kept.answer === null)) {
    return {
      ok: false,
      error: refusal("OUTCOME_UNKNOWN", "Applied before; its answer is no longer kept."),
    };
  }
  if (kept === undefined || isLaterAttempt(command, kept)) return undefined;
  if (kept.bodyHash !== bodyHash(command)) {
    const text = `The id ${command.key} was used for another command.`;
    return { ok: false, error: refusal("COMMAND_ID_REUSED", text) };
  }
  if (kept.answer === null) {
    const what = kept.refusedSentAtMs === undefined ? "was applied" : "was refused when sent later";
    const text = `The command ${command.key} ${what}; its answer is no longer kept: read your orders.`;
    return { ok: false, error: refusal("COMMAND_ID_REUSED", text) };
  }
  const answer = JSON.parse(kept.answer) as Answer<unknown>;
  return answer.ok ? { ...answer, replayed: true } : answer;
}

/**
 * A refusal that may be retried stands for the attempts that were sent before it and arrive after it; one sent later, or
 * by a client that does not say when, is judged anew.
 */
function isLaterAttempt({ sentAtMs }: Command, { refusedSentAtMs }: StoredAnswer): boolean {
  if (refusedSentAtMs === undefined) return false;
  return sentAtMs === undefined || sentAtMs > refusedSentAtMs;
}

/**
 * Keeps the answer to a command for its repeats. A refusal that may be retried is kept only where attempts can be told
 * apart. Beyond the limits the oldest answer is dropped but its key kept, then the key.
 */
export function keepAnswer(
  turn: Turn,
  user: User,
  command: Command,
  answer: Answer<unknown>,
): void {
  const mayBeRetried = !answer.ok && answer.error.retry;
  const { sentAtMs } = command;
  if (mayBeRetried && sentAtMs === undefined) return;
  const changes = turn.of(user);
  const kept = {
    commandId: command.id,
    bodyHash: bodyHash(command),
    answer: answerJson(command, answer),
  };
  user.usedKeys.delete(command.key);
  user.answers.delete(command.key); // To the end: it is the youngest now.
  user.answers.set(command.key, mayBeRetried ? { ...kept, refusedSentAtMs: sentAtMs! } : kept);
  changes.touchAnswer(command.key);
  if (user.answers.size <= ANSWERS_KEPT_MAX) return;
  const [key, oldest]: [string, StoredAnswer] = user.answers.entries().next().value!;
  user.answers.delete(key);
  user.usedKeys.set(key, { ...oldest, answer: null });
  changes.touchAnswer(key);
  if (user.usedKeys.size <= USED_KEYS_MAX) return;
  const [oldestKey] = user.usedKeys.keys();
  user.usedKeys.delete(oldestKey!);
  changes.touchAnswer(oldestKey!);
}

function answerJson({ body }: Command, answer: Answer<unknown>): string {
  return answer.ok && body.type === "order:place"
    ? placedAnswerJson(answer.value as PlacedOrder)
    : JSON.stringify(answer);
}

function bodyHash({ body }: Command): string {
  return textHash(body.type === "order:place" ? placeText(body.order) : JSON.stringify(body));
}

/** All fields of an order in one fixed place each; none of them holds a space. */
function placeText(order: NewOrder): string {
  const { quantity, quoteQuantity, price, stopPrice, trailingBps, expireAtMs } = order;
  return (
    `${order.account} ${order.symbol} ${order.side} ${order.type} ${order.timeInForce}` +
    ` ${order.postOnly} ${quantity} ${quoteQuantity} ${price} ${stopPrice}` +
    ` ${trailingBps} ${expireAtMs}`
  );
}
