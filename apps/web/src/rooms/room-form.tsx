import type { RoomView } from "@mirrorbook/protocol";
import { useMarkets, useMirrorbook, useReadable } from "@mirrorbook/sdk/react";
import { type FormEvent, useRef, useState } from "react";
import { useModel } from "../model/context.ts";
import { goTo, hashOf } from "../model/route.ts";
import { PageHead } from "./page-head.tsx";
import { draftOf, emptyDraft, type RoomDraft, roomRules } from "./room-draft.ts";
import { FairnessFields, MainFields, TimeFields, WinningFields } from "./room-form-fields.tsx";
import { wordsOf } from "./use-asked.ts";

interface RoomFormProps {
  /** A draft to change; without one a room is made. */
  readonly draftRoom?: RoomView;
  onDone?(): void;
}

/** Makes a room, or changes the rules of a draft. Everything has a default that can be played. */
export function RoomForm({ draftRoom, onDone }: RoomFormProps) {
  const { markets } = useMarkets();
  const { sessions } = useModel();
  const { session, isGuest } = useReadable(sessions.state);
  const form = useRef<HTMLFormElement>(null);
  const [changes, setChanges] = useState<Partial<RoomDraft>>({});
  const [takesPart, setTakesPart] = useState(true);
  const [problem, setProblem] = useState<string | null>(null);
  const { busy, send } = useSending(draftRoom, setProblem, onDone);

  const name = isGuest ? "My trading cup" : `${session?.user.name}'s cup`;
  const symbols = markets.map(({ symbol }) => symbol);
  const initial = draftRoom === undefined ? emptyDraft(name, symbols) : draftOf(draftRoom);
  const draft: RoomDraft = { ...initial, ...changes };
  const change = (more: Partial<RoomDraft>) => setChanges((before) => ({ ...before, ...more }));

  async function onSubmit(event: FormEvent): Promise<void> {
    event.preventDefault();
    const submitter = (event.nativeEvent as SubmitEvent).submitter as HTMLButtonElement | null;
    const result = roomRules(draft);
    if (result.kind === "incomplete") {
      setProblem(result.problem);
      form.current?.querySelector<HTMLElement>(`[name="${result.field}"]`)?.focus();
      return;
    }
    await send(result.rules, { opens: submitter?.value !== "draft", takesPart });
  }

  const fields = { draft, change };
  return (
    <section className="panel room-form" aria-label={draftRoom ? "Edit the room" : "New room"}>
      <PageHead
        title={draftRoom ? `Edit ${draftRoom.name}` : "New trade room"}
        back={hashOf({ name: "rooms" })}
      />
      <form ref={form} noValidate onSubmit={(event) => void onSubmit(event)}>
        <div className="room-form-fields">
          <MainFields fields={fields} canChangeVisibility={draftRoom?.visibility !== "public"} />
          <TimeFields fields={fields} />
          <WinningFields fields={fields} />
          <FairnessFields fields={fields} />
        </div>
        <footer className="room-form-end">
          <p className="problem" role="alert">
            {problem}
          </p>
          {draftRoom === undefined && (
            <label className="check">
              <input
                type="checkbox"
                checked={takesPart}
                onChange={(event) => setTakesPart(event.target.checked)}
              />
              I take part myself
            </label>
          )}
          {draftRoom === undefined ? (
            <button type="submit" className="quiet" value="draft" disabled={busy}>
              Keep as a draft
            </button>
          ) : (
            <button type="button" className="quiet" onClick={onDone}>
              Leave it
            </button>
          )}
          <button type="submit" className="primary" value="open" disabled={busy}>
            {draftRoom === undefined ? "Create and open" : "Save"}
          </button>
        </footer>
      </form>
    </section>
  );
}

interface Wishes {
  readonly opens: boolean;
  readonly takesPart: boolean;
}

/** Creating is up to three commands: the room, opening it, a seat. What was done stays when a later one fails. */
function useSending(
  draftRoom: RoomView | undefined,
  setProblem: (problem: string | null) => void,
  onDone: (() => void) | undefined,
) {
  const client = useMirrorbook();
  const { myRooms, notices } = useModel();
  const [busy, setBusy] = useState(false);
  type Rules = Parameters<typeof client.rooms.create>[0];

  async function make(rules: Rules, { opens, takesPart }: Wishes): Promise<void> {
    const { room } = await client.rooms.create(rules);
    try {
      if (opens) await client.rooms.move(room.id, "open");
      if (opens && takesPart) {
        const { code } = await client.rooms.read(room.id);
        await client.rooms.join(room.id, code ? { code } : {});
      }
    } catch (error) {
      notices.add("refusal", "The room was made, but", wordsOf(error));
    }
    goTo({ name: "room", roomId: room.id, code: null });
  }

  async function send(rules: Rules, wishes: Wishes): Promise<void> {
    setBusy(true);
    setProblem(null);
    try {
      if (draftRoom === undefined) await make(rules, wishes);
      else await client.rooms.edit(draftRoom.id, rules);
      void myRooms.getSnapshot().refresh();
      onDone?.();
    } catch (error) {
      setProblem(wordsOf(error));
    } finally {
      setBusy(false);
    }
  }
  return { busy, send };
}
