import type { LeaderboardRow, RoomView } from "@mirrorbook/protocol";
import { useConnection, useMirrorbook, useRoom } from "@mirrorbook/sdk/react";
import { useMemo, useRef } from "react";
import { signed } from "../lib/format.ts";
import { useElementSize } from "../lib/use-element-size.ts";
import { lengthText } from "./clock-face.ts";
import {
  type Curve,
  type Frame,
  frameOf,
  gridOf,
  pathOf,
  returnsOf,
  spread,
  yOf,
} from "./equity-curves.ts";
import { type Asked, useAsked } from "./use-asked.ts";

const LEADERS = 5;
/** Curves are read again when a snapshot was taken, and no more often than this. */
const READ_EVERY_MS = 3_000;
const LABEL_PX = 118;
const AXIS_PX = 18;
const LABEL_GAP_PX = 14;
/** Curves within so little are told apart by one more decimal. */
const CLOSE_PERCENT = 0.5;

interface EquityChartProps {
  readonly room: RoomView;
  /** Best first; the first few are drawn, and the own one. */
  readonly rows: readonly LeaderboardRow[];
  readonly own: LeaderboardRow | null;
}

/** What the leaders and oneself have made of the starting cash since the start. */
export function EquityChart({ room, rows, own }: EquityChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const size = useElementSize(box);
  const { userId: me } = useConnection();
  const shown = useMemo(() => drawnOf(rows, own), [rows, own]);
  const asked = useCurves(room, shown);
  const curves = curvesOf(room, shown, asked.value);
  const isDrawn = curves.some(({ points }) => points.length > 1);
  return (
    <section className="panel room-curves" aria-label="Equity curves">
      <header className="panel-head">
        <h2>Equity</h2>
        <small>return on the starting cash</small>
      </header>
      <div ref={box} className="chart-box">
        {isDrawn && size.width > LABEL_PX && (
          <Lines room={room} curves={curves} me={me} size={size} />
        )}
        {!isDrawn && <p className="chart-note">{noteOf(room, asked.problem)}</p>}
      </div>
    </section>
  );
}

function noteOf({ status, snapshotEveryMs }: RoomView, problem: string | null): string {
  if (problem !== null) return `${problem} Trying again…`;
  if (status === "draft" || status === "open") return "The curves begin when the room starts.";
  return status === "ended"
    ? "The room was too short for a curve."
    : `The first points come ${lengthText(snapshotEveryMs)} after the start.`;
}

/** The leaders and oneself, in an order that does not depend on their ranks: a curve keeps its colour. */
function drawnOf(rows: readonly LeaderboardRow[], own: LeaderboardRow | null): LeaderboardRow[] {
  const leaders = rows.filter(({ rank }) => rank <= LEADERS);
  const isIn = own === null || leaders.some(({ userId }) => userId === own.userId);
  const shown = isIn ? leaders : [...leaders, own];
  return shown.toSorted((a, b) => (a.userId < b.userId ? -1 : 1));
}

type Answers = ReadonlyMap<string, readonly string[]>;

function useCurves(room: RoomView, shown: readonly LeaderboardRow[]): Asked<Answers> {
  const client = useMirrorbook();
  const { snapshotAt } = useRoom(room.id);
  const ids = shown.map(({ userId }) => userId);
  const everyMs = Math.max(READ_EVERY_MS, room.snapshotEveryMs);
  const slot = snapshotAt === null ? 0 : Math.floor(Date.parse(snapshotAt) / everyMs);
  return useAsked(`${room.id} ${ids.join(" ")} ${slot} ${room.status}`, async () => {
    const answers = await Promise.all(ids.map((id) => client.rooms.equity(room.id, id)));
    return new Map(answers.map(({ member, equity }) => [member, equity]));
  });
}

/** While the room runs a curve ends in what its row says now. */
function curvesOf(
  { startingCash, status }: RoomView,
  shown: readonly LeaderboardRow[],
  answers: Answers | null,
): Curve[] {
  return shown.map(({ userId, name, equity: now }) => {
    const taken = answers?.get(userId) ?? [];
    const equity = status === "running" && taken.length > 0 ? [...taken, now] : taken;
    return { userId, name, points: returnsOf(equity, startingCash) };
  });
}

interface LinesProps {
  readonly room: RoomView;
  readonly curves: readonly Curve[];
  readonly me: string | null;
  readonly size: { readonly width: number; readonly height: number };
}

function Lines({ room, curves, me, size }: LinesProps) {
  const frame = frameOf(curves, size.width - LABEL_PX, size.height - AXIS_PX);
  const drawn = curves.filter(({ points }) => points.length > 0);
  const ends = drawn.map(({ points }) => yOf(points.at(-1)!, frame));
  const labels = spread(ends, LABEL_GAP_PX, frame.height - 4);
  const decimals = frame.high - frame.low < CLOSE_PERCENT ? 3 : 2;
  const endOf = ({ points }: Curve) => `${signed(points.at(-1), decimals)}%`;
  const summary = drawn.map((curve) => `${curve.name} ${endOf(curve)}`).join(", ");
  return (
    <svg
      className="curves"
      viewBox={`0 0 ${size.width} ${size.height}`}
      role="img"
      aria-label={`Returns so far: ${summary}`}
    >
      <Grid frame={frame} room={room} />
      {drawn.map((curve, index) => (
        <g key={curve.userId} className="curve" data-line={index} data-own={curve.userId === me}>
          <path d={pathOf(curve, frame)} />
          <text x={frame.width + 8} y={labels[index]! + 4}>
            {shortened(curve.userId === me ? "You" : curve.name)}
          </text>
          <text className="curve-end" x={size.width - 4} y={labels[index]! + 4}>
            {endOf(curve)}
          </text>
        </g>
      ))}
    </svg>
  );
}

const NAME_SHOWN = 7;

function shortened(name: string): string {
  return name.length <= NAME_SHOWN ? name : `${name.slice(0, NAME_SHOWN - 1)}…`;
}

function Grid({ frame, room }: { frame: Frame; room: RoomView }) {
  const isRunning = room.status === "running";
  const values = gridOf(frame);
  const decimals = Math.max(
    0,
    Math.min(3, -Math.floor(Math.log10((values[1] ?? 1) - (values[0] ?? 0)))),
  );
  return (
    <g className="curve-grid">
      {values.map((value) => (
        <g key={value} data-zero={Math.abs(value) < 1e-9}>
          <line x1="0" x2={frame.width} y1={yOf(value, frame)} y2={yOf(value, frame)} />
          <text x="6" y={yOf(value, frame) - 4}>
            {signed(value, decimals)}%
          </text>
        </g>
      ))}
      <text x="6" y={frame.height + 14}>
        {isRunning ? `${lengthText(frame.steps * room.snapshotEveryMs)} ago` : "start"}
      </text>
      <text className="curve-now" x={frame.width} y={frame.height + 14}>
        {isRunning ? "now" : "end"}
      </text>
    </g>
  );
}
