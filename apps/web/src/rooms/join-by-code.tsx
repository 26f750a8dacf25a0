import { useMirrorbook } from "@mirrorbook/sdk/react";
import { type FormEvent, useState } from "react";
import { useModel } from "../model/context.ts";
import { goTo } from "../model/route.ts";
import { codeOf, isCode } from "./invitation.ts";
import { useRoomDeeds } from "./use-room-deeds.ts";

/** Takes a code, or a whole link with one. */
export function JoinByCode() {
  const client = useMirrorbook();
  const { notices } = useModel();
  const { attempt } = useRoomDeeds();
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  async function onSubmit(event: FormEvent): Promise<void> {
    event.preventDefault();
    const code = codeOf(text);
    if (!isCode(code)) {
      notices.add("refusal", "Not a code", "Paste the code or the link you were sent.");
      return;
    }
    setBusy(true);
    await attempt(async () => {
      const { room } = await client.rooms.joinByCode(code);
      goTo({ name: "room", roomId: room.id, code: null });
    }, "Not joined");
    setBusy(false);
  }
  return (
    <form className="join-by-code" onSubmit={(event) => void onSubmit(event)}>
      <input
        className="text-input"
        aria-label="Invitation code or link"
        placeholder="Invitation code"
        autoComplete="off"
        spellCheck={false}
        required
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <button type="submit" className="quiet" disabled={busy}>
        Join
      </button>
    </form>
  );
}
