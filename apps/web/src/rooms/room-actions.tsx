import type { RoomView } from "@mirrorbook/protocol";
import type { Membership, RoomStep } from "@mirrorbook/sdk";
import { useMirrorbook } from "@mirrorbook/sdk/react";
import { useState } from "react";
import { useModel } from "../model/context.ts";
import { goTo } from "../model/route.ts";
import { useRoomDeeds } from "./use-room-deeds.ts";

interface MemberActionsProps {
  readonly room: RoomView;
  readonly membership: Membership;
  /** What to join with: from the link, or the owner's own. */
  readonly code: string | null;
}

/** Taking a seat, giving it back, trading. */
export function MemberActions({ room, membership, code }: MemberActionsProps) {
  const client = useMirrorbook();
  const model = useModel();
  const { confirm } = useRoomDeeds();
  const takesSeats = ["open", "running", "paused"].includes(room.status);
  if (membership === "removed") return <p className="hint">You were removed from this room.</p>;
  if (membership !== "joined") {
    if (!takesSeats) return null;
    if (room.members >= room.memberLimit) return <p className="hint">All seats are taken.</p>;
    return (
      <Join roomId={room.id} code={code} label={membership === "left" ? "Come back" : "Join"} />
    );
  }
  return (
    <>
      {takesSeats && (
        <button
          type="button"
          className="quiet"
          onClick={() =>
            confirm(
              {
                title: "Leave the room",
                text: "Your open orders in the room are cancelled and you drop out of the ranking. You can come back to the same portfolio.",
                deed: "Leave",
              },
              () => client.rooms.leave(room.id),
            )
          }
        >
          Leave
        </button>
      )}
      {room.status !== "ended" && (
        <button
          type="button"
          className={room.status === "running" ? "primary" : "quiet"}
          onClick={() => {
            model.chooseAccount(room.account);
            goTo({ name: "trade" });
          }}
        >
          Trade in this room
        </button>
      )}
    </>
  );
}

interface JoinProps {
  readonly roomId: string;
  readonly code: string | null;
  readonly label: string;
}

export function Join({ roomId, code, label }: JoinProps) {
  const client = useMirrorbook();
  const { attempt } = useRoomDeeds();
  const [busy, setBusy] = useState(false);
  async function join(): Promise<void> {
    setBusy(true);
    const invitation = code === null ? {} : { code };
    await attempt(() => client.rooms.join(roomId, invitation), "Not joined");
    setBusy(false);
  }
  return (
    <button type="button" className="primary" disabled={busy} onClick={() => void join()}>
      {label}
    </button>
  );
}

interface Step {
  readonly step: RoomStep;
  readonly label: string;
  readonly isMain?: boolean;
  /** What is said before it is done; without it there is no asking. */
  readonly warning?: string;
}

const CALL_OFF = "The room never runs and has no ranking. Members keep nothing of it.";
const END_NOW =
  "Trading stops at once, positions are valued or sold as the rules say, and the ranking is frozen.";

const STEPS: Record<RoomView["status"], readonly Step[]> = {
  draft: [
    { step: "cancel", label: "Discard", warning: CALL_OFF },
    { step: "open", label: "Open for members", isMain: true },
  ],
  open: [
    { step: "cancel", label: "Call off", warning: CALL_OFF },
    { step: "start", label: "Start now", isMain: true },
  ],
  running: [
    { step: "pause", label: "Pause", warning: "Open orders in the room are cancelled, and none are taken until you resume. The end does not move." },
    { step: "end", label: "End now", warning: END_NOW },
  ],
  paused: [
    { step: "end", label: "End now", warning: END_NOW },
    { step: "resume", label: "Resume", isMain: true },
  ],
  settling: [],
  ended: [],
}; // biome-ignore format: a table

/** What its owner can do with a room as it stands. */
export function OwnerActions({ room, onEdit }: { room: RoomView; onEdit: () => void }) {
  const client = useMirrorbook();
  const { attempt, confirm } = useRoomDeeds();
  const steps = STEPS[room.status];
  if (steps.length === 0) return null;
  const take = ({ step, label, warning }: Step) => {
    const deed = () => client.rooms.move(room.id, step);
    if (warning === undefined) void attempt(deed, `Not done: ${label.toLowerCase()}`);
    else confirm({ title: label, text: warning, deed: label }, deed);
  };
  return (
    <fieldset className="owner-actions" aria-label="As its owner">
      {room.status === "draft" && (
        <button type="button" className="quiet" onClick={onEdit}>
          Edit
        </button>
      )}
      {steps.map((one) => (
        <button
          key={one.step}
          type="button"
          className={one.isMain ? "primary" : "quiet"}
          onClick={() => take(one)}
        >
          {one.label}
        </button>
      ))}
    </fieldset>
  );
}
