import type { MarketInfo } from "@mirrorbook/protocol";
import type { ConnectionState, FeedStatus } from "@mirrorbook/sdk";
import { useConnection, useMirrorbook, useReadable } from "@mirrorbook/sdk/react";
import { useRef } from "react";
import { fixed, NONE, signed } from "../lib/format.ts";
import { setText, usePacedDraw } from "../lib/frame.ts";
import { openDialog } from "../model/dialogs.ts";

/** One line that tells where the data comes from and how far it can be trusted. */
export function StatusStrip({ market }: { market: MarketInfo | null }) {
  const connection = useConnection();
  return (
    <footer className="status-strip">
      <ConnectionItem connection={connection} />
      {market !== null && <FeedItem market={market} />}
      {market !== null && <BookItem market={market} />}
      <span className="status-item">
        <span className="status-name">Round trip</span>
        <span className="number rtt-number">
          {connection.rttMs === null ? NONE : `${fixed(connection.rttMs, 1)} ms`}
        </span>
      </span>
      <span className="status-item minor">
        <span className="status-name">Clock</span>
        <span className="number skew-number">
          {connection.skewMs === null ? NONE : `${signed(connection.skewMs, 0)} ms`}
        </span>
      </span>
      <span className="status-item roomy">
        <span className="status-name">Reconnects</span>
        <span className="number">{connection.reconnects}</span>
      </span>
      <button type="button" className="quiet status-keys" onClick={() => openDialog("keys")}>
        Keys <kbd>?</kbd>
      </button>
    </footer>
  );
}

/** The number is to be seen moving, not to be read. */
const REDRAW_MS = 500;

const CONNECTION_WORDS: Record<ConnectionState["status"], string> = {
  connecting: "Connecting",
  live: "Live",
  stale: "Stale",
  reconnecting: "Reconnecting",
  closed: "Closed",
};

function ConnectionItem({ connection }: { connection: ConnectionState }) {
  const { status, node, failures, lastDrop } = connection;
  const title = lastDrop === null ? undefined : `Last interruption: ${lastDrop.reason}`;
  return (
    <span className="status-item" data-status={status} title={title}>
      <span className="status-dot" aria-hidden="true" />
      <strong>{CONNECTION_WORDS[status]}</strong>
      <span className="number">{node ?? (failures > 1 ? `attempt ${failures}` : "")}</span>
    </span>
  );
}

const FEED_WORDS: Record<FeedStatus["status"], string> = {
  live: "live",
  stale: "stale, matching paused",
  resyncing: "catching up, matching paused",
  halted: "halted",
};

function FeedItem({ market }: { market: MarketInfo }) {
  const { node } = useConnection();
  const feed = useReadable(useMirrorbook().feed(market.symbol));
  if (feed === null) return null;
  const source = feed.source === "simulated" ? "Simulated" : "Binance";
  return (
    <span
      className={`status-item feed-item ${feed.source}`}
      data-status={node !== null && feed.status === "live" ? "live" : "stale"}
      title={feed.reason}
    >
      <span className="status-name">Feed</span>
      <strong>{source}</strong> {node === null ? "not heard" : FEED_WORDS[feed.status]}
    </span>
  );
}

function BookItem({ market }: { market: MarketInfo }) {
  const book = useMirrorbook().book(market.symbol, 100);
  const number = useRef<HTMLSpanElement>(null);
  usePacedDraw(
    () => {
      const { book: view, repairs } = book.getSnapshot();
      const repaired = repairs === 0 ? "" : ` · ${repairs} repaired`;
      setText(number.current, view === null ? NONE : `#${view.seq}${repaired}`);
    },
    [book],
    REDRAW_MS,
  );
  return (
    <span
      className="status-item roomy"
      title="Number of the book view; every one is proved by checksum"
    >
      <span className="status-name">Book</span>
      <span ref={number} className="number book-number" />
    </span>
  );
}
