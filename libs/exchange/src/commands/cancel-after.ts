import type { Answer, CommandAnswers } from "@mirrorbook/protocol";
import type { Turn } from "../turn.ts";
import type { User } from "../user.ts";

/** Arms the dead-man switch, moves it on, or with 0 disarms it. */
export function cancelAfter(
  turn: Turn,
  user: User,
  timeoutMs: number,
): Answer<CommandAnswers["account:cancel_after"]> {
  const timer = { kind: "cancel_after", userId: user.id, orderId: "" } as const;
  user.cancelAtMs = timeoutMs === 0 ? null : turn.atMs + timeoutMs;
  if (user.cancelAtMs === null) turn.state.timers.clear(timer);
  else turn.state.timers.set(timer, user.cancelAtMs);
  const cancelAt = user.cancelAtMs === null ? null : new Date(user.cancelAtMs).toISOString();
  return { ok: true, value: { cancelAt } };
}
