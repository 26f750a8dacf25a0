import type { LeaderboardRow, RoomView } from "@mirrorbook/protocol";
import { useConnection, useMirrorbook } from "@mirrorbook/sdk/react";
import { useState } from "react";
import { directionOf, fixed, signed } from "../lib/format.ts";
import { Board } from "./board.tsx";
import { CopyButton } from "./copy-button.tsx";
import { type Proof, proofOf } from "./final-proof.ts";
import { NO_PLACES } from "./rank-moves.ts";
import { ordinal } from "./room-words.ts";
import { useAsked } from "./use-asked.ts";

const ROWS_FIRST = 20;
const NO_ROWS: readonly LeaderboardRow[] = [];

/** How the room ended: the three best, everybody, and the seal of it. */
export function Final({ room }: { room: RoomView }) {
  const client = useMirrorbook();
  const { userId: me } = useConnection();
  const [isWhole, setWhole] = useState(false);
  const asked = useAsked(`${room.id} ${room.finalHash}`, async () => {
    const result = await client.rooms.result(room.id);
    return { result, proof: await proofOf(result) };
  });
  const rows = asked.value?.result.ranking.rows ?? NO_ROWS;
  const shown = isWhole ? rows : rows.slice(0, ROWS_FIRST);
  return (
    <>
      <Podium rows={rows.slice(0, 3)} me={me} />
      <Board
        room={room}
        rows={shown}
        own={rows.find(({ userId }) => userId === me) ?? null}
        places={NO_PLACES}
        empty={
          asked.value === null ? (asked.problem ?? "Loading the result…") : "Nobody took part."
        }
      />
      {rows.length > shown.length && (
        <button type="button" className="quiet" onClick={() => setWhole(true)}>
          Show all {rows.length}
        </button>
      )}
      {asked.value !== null && (
        <Seal hash={asked.value.result.finalHash} proof={asked.value.proof} />
      )}
    </>
  );
}

/** Second, first, third, as they stand there; read in order of rank. */
function Podium({ rows, me }: { rows: readonly LeaderboardRow[]; me: string | null }) {
  if (rows.length === 0) return null;
  return (
    <ol className="podium" aria-label="Podium">
      {rows.map(({ rank, userId, name, equity, returnPercent }) => (
        <li key={userId} data-rank={rank}>
          <strong title={name}>{name}</strong>
          {userId === me && <small>you</small>}
          <span className="number" data-direction={directionOf(Number(returnPercent), 2)}>
            {signed(returnPercent, 2)}%
          </span>
          <small className="number">${fixed(equity, 2)}</small>
          <span className="podium-step">{ordinal(rank)}</span>
        </li>
      ))}
    </ol>
  );
}

const PROOFS: Record<Proof, string> = {
  proved: "✓ The ranking above hashes to this: computed here, in your browser.",
  differs: "✗ The ranking above does not hash to this.",
  unknown: "Compare it with SHA-256 of the ranking; this browser cannot without https.",
};

function Seal({ hash, proof }: { hash: string; proof: Proof }) {
  return (
    <div className="seal" data-proof={proof}>
      <p>
        <span className="status-name">
          Sealed by SHA-256 over the ranking and its ledger positions
        </span>
        <CopyButton text={hash} what="hash" />
      </p>
      <code>{hash}</code>
      <p>{PROOFS[proof]}</p>
    </div>
  );
}
