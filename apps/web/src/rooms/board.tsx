import type { LeaderboardRow, RoomView } from "@mirrorbook/protocol";
import { useConnection } from "@mirrorbook/sdk/react";
import { type ReactNode, useRef } from "react";
import { directionOf, fixed, NONE, signed } from "../lib/format.ts";
import { gainedLately, type Places } from "./rank-moves.ts";
import { METRIC_NAMES } from "./room-words.ts";
import { useFlip } from "./use-flip.ts";

interface BoardProps {
  readonly room: RoomView;
  readonly rows: readonly LeaderboardRow[];
  /** The user's own row, shown below when it is not among `rows`. */
  readonly own: LeaderboardRow | null;
  readonly places: Places;
  readonly empty: string;
}

interface Column {
  readonly label: string;
  readonly isMinor?: boolean;
  cell(row: LeaderboardRow): ReactNode;
}

/** Ranks as rows that slide to their new places. Nothing of it is spoken as it changes. */
export function Board({ room, rows, own, places, empty }: BoardProps) {
  const { userId: me } = useConnection();
  const body = useRef<HTMLTableSectionElement>(null);
  useFlip(body, rows);
  if (rows.length === 0) return <p className="empty">{empty}</p>;
  const columns = columnsOf(room);
  const isOwnShown = own === null || rows.some(({ userId }) => userId === own.userId);
  const line = (row: LeaderboardRow) => (
    <tr
      key={row.userId}
      data-key={row.userId}
      data-own={row.userId === me}
      data-rank={row.rank <= 3 ? row.rank : undefined}
    >
      <td className="board-rank number">{row.rank}</td>
      <td className="board-move">
        <Move gained={gainedLately(places, row.userId, performance.now())} />
      </td>
      <th scope="row" className="board-name" title={row.name}>
        {row.name}
        {row.userId === me && <small> you</small>}
      </th>
      {columns.map(({ label, isMinor, cell }) => (
        <td key={label} className={isMinor ? "number minor" : "number"}>
          {cell(row)}
        </td>
      ))}
    </tr>
  );
  return (
    <div className="board-scroll">
      <table className="ranking" aria-label="Ranking">
        <thead>
          <tr>
            <th scope="col" className="board-rank">
              <abbr title="Rank">#</abbr>
            </th>
            <th scope="col" className="board-move">
              <span className="visually-hidden">Moved lately</span>
            </th>
            <th scope="col" className="board-name">
              Trader
            </th>
            {columns.map(({ label, isMinor }) => (
              <th key={label} scope="col" className={isMinor ? "number minor" : "number"}>
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody ref={body}>{rows.map(line)}</tbody>
        {!isOwnShown && <tbody className="board-own">{line(own)}</tbody>}
      </table>
    </div>
  );
}

/** Up or down by so many ranks: an arrow and a number, and in words for those who hear it. */
function Move({ gained }: { gained: number }) {
  if (gained === 0) return null;
  const count = Math.abs(gained);
  return (
    <span data-direction={Math.sign(gained)}>
      <span aria-hidden="true">
        {gained > 0 ? "▲" : "▼"}
        {count}
      </span>
      <span className="visually-hidden">
        {gained > 0 ? "up" : "down"} {count}
      </span>
    </span>
  );
}

const text = (value: unknown) => (typeof value === "string" ? value : null);

function columnsOf({ metric }: RoomView): Column[] {
  const isRatio = metric === "sharpe" || metric === "sortino" || metric === "calmar";
  const money = (value: string | null, decimals: number) => (
    <span data-direction={directionOf(Number(value), decimals)}>{signed(value, decimals)}</span>
  );
  const ratio: Column = {
    label: METRIC_NAMES[metric].replace(" ratio", ""),
    cell: (row) => {
      const value = text(row.ratio);
      return value === null ? <span title="Too few snapshots yet">{NONE}</span> : fixed(value, 3);
    },
  };
  return [
    ...(isRatio ? [ratio] : []),
    {
      label: "Return",
      cell: ({ returnPercent }) => (
        <span data-direction={directionOf(Number(returnPercent), 2)}>
          {signed(returnPercent, 2)}%
        </span>
      ),
    },
    { label: "Equity", cell: ({ equity }) => fixed(equity, 2) },
    {
      label: "Realised",
      isMinor: metric !== "realized_pnl",
      cell: (row) => money(text(row.realizedPnL), 2),
    },
    {
      label: "Drawdown",
      isMinor: metric !== "max_drawdown",
      cell: (row) => `${fixed(text(row.maxDrawdownPercent), 2)}%`,
    },
  ];
}
