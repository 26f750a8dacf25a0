import type { RoomView } from "@mirrorbook/protocol";
import { useId } from "react";
import { CopyButton } from "./copy-button.tsx";
import { linkTo } from "./invitation.ts";

/** How others get in: a link, and for a room by invitation its code, which only the owner has. */
export function Share({ room, code }: { room: RoomView; code: string | null }) {
  if (room.status === "draft" || room.status === "ended") return null;
  if (room.visibility === "code" && code === null) return null;
  const page = `${location.origin}${location.pathname}`;
  return (
    <section className="share" aria-label="Share the room">
      <Shared label="Link to share" what="link" text={linkTo(page, room.id, code)} />
      {code !== null && <Shared label="Invitation code" what="code" text={code} />}
    </section>
  );
}

function Shared({ label, what, text }: { label: string; what: string; text: string }) {
  const id = useId();
  return (
    <div className="field">
      <div className="field-label">
        <label htmlFor={id}>{label}</label>
      </div>
      <div className="field-box">
        <input id={id} readOnly value={text} onFocus={(event) => event.target.select()} />
        <CopyButton text={text} what={what} />
      </div>
    </div>
  );
}
