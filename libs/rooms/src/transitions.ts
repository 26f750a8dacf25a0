/** The life of a trade room, as a table: draft → open → running → (paused) → settling → ended. */
import { type Refusal, refusal } from "@mirrorbook/kernel";
import type { RoomStatus } from "@mirrorbook/protocol";

export type Transition = "open" | "start" | "pause" | "resume" | "end" | "settle" | "cancel";

interface Row {
  readonly from: readonly RoomStatus[];
  readonly to: RoomStatus;
  /** Who may ask for it. The system acts when a time has come. */
  readonly by: "owner" | "owner or system" | "system";
}

export const TRANSITIONS: Readonly<Record<Transition, Row>> = {
  open: { from: ["draft"], to: "open", by: "owner" },
  start: { from: ["open"], to: "running", by: "owner or system" },
  pause: { from: ["running"], to: "paused", by: "owner" },
  resume: { from: ["paused"], to: "running", by: "owner" },
  end: { from: ["running", "paused"], to: "settling", by: "owner or system" },
  settle: { from: ["settling"], to: "ended", by: "system" },
  /** Gives up a room that never ran; it has no ranking. */
  cancel: { from: ["draft", "open"], to: "ended", by: "owner or system" },
};

export type TransitionOutcome =
  | { readonly kind: "moved"; readonly to: RoomStatus }
  /** The room is there already: a job or a client asks again. Nothing happens. */
  | { readonly kind: "already" }
  | { readonly kind: "refused"; readonly error: Refusal };

/** What asking for `name` does to a room of `status`. Who asks is checked elsewhere. */
export function transition(name: Transition, status: RoomStatus): TransitionOutcome {
  const { from, to } = TRANSITIONS[name];
  if (from.includes(status)) return { kind: "moved", to };
  if (status === to && name !== "cancel") return { kind: "already" };
  const error = refusal("ROOM_STATE", `A room that is ${status} cannot ${name}.`, {
    rule: "ROOM_STATE",
    limit: from.join(", "),
    value: status,
  });
  return { kind: "refused", error };
}
