/** A command takes effect once (P3): by its id when it is read again, by its key when a client sends it again. */
import { refusal } from "@mirrorbook/kernel";
import type { Answer, Command } from "@mirrorbook/protocol";
import { ANSWERS_KEPT_MAX } from "./limits.ts";
import { compareIds } from "./order.ts";
import { textHash } from "./text-hash.ts";
import type { Turn } from "./turn.ts";
import type { User } from "./user.ts";

/** The answer to a command that has been applied before; `undefined`: it is new. */
export function earlierAnswer(user: User, command: Command): Answer<unknown> | undefined {
  const kept = user.answers.get(command.key);
  const isReread = compareIds(command.id, user.lastCommandId) <= 0;
  if (isReread && kept?.commandId !== command.id) {
    return {
      ok: false,
      error: refusal("OUTCOME_UNKNOWN", "Applied before; its answer is no longer kept."),
    };
  }
  if (kept === undefined) return undefined;
  if (kept.bodyHash !== bodyHash(command)) {
    const text = `The id ${command.key} was used for another command.`;
    return { ok: false, error: refusal("COMMAND_ID_REUSED", text) };
  }
  const answer = JSON.parse(kept.answer) as Answer<unknown>;
  return answer.ok ? { ...answer, replayed: true } : answer;
}

/** Keeps the first answer to a command, and forgets the oldest one beyond the limit. */
export function keepAnswer(
  turn: Turn,
  user: User,
  command: Command,
  answer: Answer<unknown>,
): void {
  const changes = turn.of(user);
  user.answers.set(command.key, {
    commandId: command.id,
    bodyHash: bodyHash(command),
    answer: JSON.stringify(answer),
  });
  changes.touchAnswer(command.key);
  if (user.answers.size <= ANSWERS_KEPT_MAX) return;
  const [oldest] = user.answers.keys();
  user.answers.delete(oldest!);
  changes.touchAnswer(oldest!);
}

function bodyHash({ body }: Command): string {
  return textHash(JSON.stringify(body));
}
