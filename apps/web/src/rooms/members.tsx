import type { RoomMember, RoomView } from "@mirrorbook/protocol";
import { useConnection, useMirrorbook } from "@mirrorbook/sdk/react";
import { useState } from "react";
import { useModel } from "../model/context.ts";
import { ask } from "../model/dialogs.ts";
import { useAsked, wordsOf } from "./use-asked.ts";

/** More than this are looked for by name. */
const SHOWN_MAX = 100;
const SEARCHED_FROM = 12;
/** Up to so many are read at every coming and going; more are a long list, read now and then. */
const LIVE_MAX = 200;
const READ_EVERY_MS = 10_000;

/** Who is in the room; its owner can remove them. */
export function Members({ room }: { room: RoomView }) {
  const client = useMirrorbook();
  const { userId: me } = useConnection();
  const [search, setSearch] = useState("");
  const isLive = room.members <= LIVE_MAX;
  const asked = useAsked(
    isLive ? `${room.id} ${room.members}` : room.id,
    () => client.rooms.members(room.id),
    { everyMs: isLive ? null : READ_EVERY_MS },
  );
  if (asked.value === null) return <p className="empty">{asked.problem ?? "Loading…"}</p>;
  if (asked.value.length === 0) return <p className="empty">Nobody is in yet. Share the room.</p>;
  const wanted = search.trim().toLowerCase();
  const found = asked.value.filter(({ name }) => name.toLowerCase().includes(wanted));
  const isOver = room.status === "settling" || room.status === "ended";
  return (
    <div className="members">
      {asked.value.length > SEARCHED_FROM && (
        <input
          type="search"
          className="text-input"
          aria-label="Find a member"
          placeholder="Find a member"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
      )}
      <ul aria-label="Members">
        {found.slice(0, SHOWN_MAX).map((member) => (
          <li key={member.userId}>
            <span className="member-name">{member.name}</span>
            <small>
              {[member.userId === me && "you", member.userId === room.ownerId && "owner"]
                .filter(Boolean)
                .join(", ")}
            </small>
            {room.ownerId === me && member.userId !== me && !isOver && (
              <Kick room={room} member={member} />
            )}
          </li>
        ))}
      </ul>
      {found.length > SHOWN_MAX && (
        <p className="hint">{found.length - SHOWN_MAX} more. Look for a name to see them.</p>
      )}
      {found.length === 0 && <p className="empty">Nobody of that name.</p>}
    </div>
  );
}

function Kick({ room, member }: { room: RoomView; member: RoomMember }) {
  const client = useMirrorbook();
  const { notices } = useModel();
  return (
    <button
      type="button"
      className="quiet danger"
      aria-label={`Remove ${member.name}`}
      onClick={() =>
        ask({
          title: `Remove ${member.name}`,
          text: `${member.name} loses the seat for good, and the open orders in this room with it. There is no way back in.`,
          deed: "Remove",
          act: async () => {
            try {
              await client.rooms.kick(room.id, member.userId);
              notices.add("done", `${member.name} was removed`);
              return null;
            } catch (error) {
              return wordsOf(error);
            }
          },
        })
      }
    >
      Remove
    </button>
  );
}
