import type { RoomView } from "@mirrorbook/protocol";
import { STATUS_NAMES } from "./room-words.ts";

export function StatusBadge({ room }: { room: Pick<RoomView, "status" | "finalHash"> }) {
  const { mark, name } = STATUS_NAMES[room.status];
  const isCalledOff = room.status === "ended" && room.finalHash === null;
  return (
    <span className="badge room-status" data-status={room.status}>
      <span aria-hidden="true">{mark} </span>
      {isCalledOff ? "Called off" : name}
    </span>
  );
}
