import type { LeaderboardRow, Portfolio, RoomView } from "@mirrorbook/protocol";
import { useMirrorbook, usePortfolio, useRoom } from "@mirrorbook/sdk/react";
import { useEffect, useMemo, useReducer, useRef, useState } from "react";
import { Board } from "./board.tsx";
import { follow, MOVE_SHOWN_MS, NO_PLACES } from "./rank-moves.ts";
import { useAsked } from "./use-asked.ts";

const TOP = 20;
const AROUND = 11;
/** Rows that no event brings are asked for so often. */
const ASK_EVERY_MS = 3_000;

type Part = "top" | "around" | number;

/** The live ranking: the leading rows as they move, those around oneself, or any page. */
export function Leaderboard({ room }: { room: RoomView }) {
  const { rows: top, own: told, loaded } = useRoom(room.id);
  const { portfolio } = usePortfolio(room.account);
  const [part, setPart] = useState<Part>("top");
  const rows = useRows(room, part, top);
  const own = told === null ? null : withWorth(told, portfolio);
  const places = usePlaces(rows);
  return (
    <>
      <Board
        room={room}
        rows={rows}
        own={own}
        places={places}
        empty={loaded ? emptyText(room) : "Loading the ranking…"}
      />
      {room.members > TOP && (
        <Parts room={room} part={part} isIn={own !== null} onChoose={setPart} />
      )}
    </>
  );
}

/** The own row is told when its rank changes; what one's own portfolio is worth is known all the time. */
function withWorth(row: LeaderboardRow, portfolio: Portfolio | null): LeaderboardRow {
  if (portfolio === null) return row;
  const { equity, returnPercent, realizedPnL } = portfolio;
  return { ...row, equity, returnPercent, realizedPnL };
}

function emptyText({ status, members }: RoomView): string {
  if (status === "draft") return "Open the room, and members can take their seats.";
  if (status !== "open") return "Nobody is ranked yet.";
  return members === 0
    ? "Nobody is in yet. The ranking begins when the room starts."
    : `${members} in. The ranking begins when the room starts.`;
}

/** The rows of a part of the ranking. The leading ones come by events, all others are asked for. */
function useRows(
  room: RoomView,
  part: Part,
  top: readonly LeaderboardRow[],
): readonly LeaderboardRow[] {
  const client = useMirrorbook();
  const page =
    part === "around"
      ? ({ around: "me", limit: AROUND } as const)
      : { offset: part === "top" ? 0 : part, limit: TOP };
  const isAsked = part !== "top";
  const asked = useAsked(
    isAsked ? `${room.id} ${room.status} ${part}` : "top",
    async () => (isAsked ? (await client.rooms.leaderboard(room.id, page)).rows : null),
    { everyMs: isAsked && room.status !== "ended" ? ASK_EVERY_MS : null },
  );
  return isAsked ? (asked.value ?? []) : top;
}

/** Who has moved lately. Draws once more when the last mark has had its time. */
function usePlaces(rows: readonly LeaderboardRow[]) {
  const places = useRef(NO_PLACES);
  places.current = useMemo(() => follow(places.current, rows, performance.now()), [rows]);
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each change of the rows begins the time anew.
  useEffect(() => {
    const timer = setTimeout(redraw, MOVE_SHOWN_MS);
    return () => clearTimeout(timer);
  }, [rows]);
  return places.current;
}

interface PartsProps {
  readonly room: RoomView;
  readonly part: Part;
  readonly isIn: boolean;
  onChoose(part: Part): void;
}

function Parts({ room, part, isIn, onChoose }: PartsProps) {
  const offset = typeof part === "number" ? part : 0;
  const choice = (name: Part, label: string) => (
    <button
      type="button"
      className="choice"
      aria-pressed={part === name}
      onClick={() => onChoose(name)}
    >
      {label}
    </button>
  );
  return (
    <nav className="board-parts" aria-label="Parts of the ranking">
      {choice("top", `Top ${TOP}`)}
      {isIn && choice("around", "Around me")}
      <span className="board-pages">
        <button
          type="button"
          className="quiet"
          aria-label="Ranks before"
          disabled={offset === 0}
          onClick={() => onChoose(offset <= TOP ? "top" : offset - TOP)}
        >
          ‹
        </button>
        <span className="number">
          {offset + 1}–{Math.min(offset + TOP, room.members)} of {room.members}
        </span>
        <button
          type="button"
          className="quiet"
          aria-label="Ranks after"
          disabled={offset + TOP >= room.members}
          onClick={() => onChoose(offset + TOP)}
        >
          ›
        </button>
      </span>
    </nav>
  );
}
