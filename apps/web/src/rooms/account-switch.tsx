import { useAccount, useAccountRoom, useModel, useMyRooms } from "../model/context.ts";
import { MAIN_ACCOUNT } from "../model/model.ts";
import { hashOf } from "../model/route.ts";
import { tradeable } from "./my-rooms.ts";
import { RoomClock } from "./room-clock.tsx";
import { ordinal } from "./room-words.ts";
import { StatusBadge } from "./status-badge.tsx";

/** Chooses what one trades with: the main portfolio or that of a room. Not there for those who are in no room. */
export function AccountSwitch() {
  const model = useModel();
  const account = useAccount();
  const rooms = tradeable(useMyRooms(), account);
  if (rooms.length === 0) return null;
  return (
    <select
      className="account-switch"
      aria-label="Portfolio"
      data-room={account !== MAIN_ACCOUNT}
      value={account}
      onChange={(event) => model.chooseAccount(event.target.value)}
    >
      <option value={MAIN_ACCOUNT}>Main portfolio</option>
      {rooms.map((room) => (
        <option key={room.id} value={room.account}>
          {room.name}
        </option>
      ))}
    </select>
  );
}

/** Which room one trades in, how it stands and how one stands in it; nothing for the main portfolio. */
export function RoomBar() {
  const about = useAccountRoom();
  if (about === null) return null;
  const { room, place } = about;
  return (
    <p className="room-bar">
      <a className="room-bar-link" href={hashOf({ name: "room", roomId: room.id, code: null })}>
        <StatusBadge room={room} />
      </a>
      <RoomClock room={room} />
      <span className="room-bar-place">
        {place === null ? "" : `${ordinal(place)} of ${room.members}`}
      </span>
    </p>
  );
}
