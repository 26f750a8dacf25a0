import { useConnection, useMirrorbook, useReadable } from "@mirrorbook/sdk/react";
import { AccountMenu } from "./account/account-menu.tsx";
import { Dialogs } from "./account/dialogs.tsx";
import { ChartPanel } from "./chart/chart-panel.tsx";
import { DeskPanel } from "./desk/desk-panel.tsx";
import { Ladder } from "./ladder/ladder.tsx";
import { MarketStrip } from "./market/market-strip.tsx";
import { useMarket, useModel } from "./model/context.ts";
import type { View } from "./model/model.ts";
import { useThemeOnDocument } from "./model/use-theme.ts";
import { NoticeList } from "./status/notices.tsx";
import { StatusStrip } from "./status/status-strip.tsx";
import { Tape } from "./tape/tape.tsx";
import { Ticket } from "./ticket/ticket.tsx";

export function App() {
  const market = useMarket();
  const view = useReadable(useModel().view);
  useThemeOnDocument();
  return (
    <div className="page" data-view={view}>
      <header className="top-bar">
        <h1 className="brand">
          <img src="/favicon.svg" alt="" width="20" height="20" />
          <span>Mirrorbook</span>
          <small>paper exchange</small>
        </h1>
        <MarketStrip />
        <AccountMenu />
      </header>
      <main className="board">
        {market === null ? (
          <Waiting />
        ) : (
          <>
            <ChartPanel market={market} />
            <Ladder key={market.symbol} market={market} />
            <Tape key={`tape-${market.symbol}`} market={market} />
            <Ticket market={market} />
            <DeskPanel />
          </>
        )}
      </main>
      <ViewSwitch current={view} />
      <StatusStrip market={market} />
      <NoticeList />
      <Dialogs />
    </div>
  );
}

/** Before the first list of markets: what we wait for, and what is in the way. */
function Waiting() {
  const { status, failures, lastDrop } = useConnection();
  const { loaded } = useReadable(useMirrorbook().markets);
  const isTrouble = failures > 1 && status !== "live";
  return (
    <div className="waiting">
      <p>
        {loaded
          ? "The exchange has no markets yet. They appear here as soon as the feed is up."
          : isTrouble
            ? `No server answers (${lastDrop?.reason ?? "unreachable"}). Trying again by itself…`
            : "Connecting to the exchange…"}
      </p>
    </div>
  );
}

const VIEWS: readonly { readonly name: View; readonly label: string }[] = [
  { name: "chart", label: "Chart" },
  { name: "book", label: "Book" },
  { name: "trade", label: "Trade" },
  { name: "desk", label: "Desk" },
];

/** A narrow screen shows one part at a time. */
function ViewSwitch({ current }: { current: View }) {
  const { view } = useModel();
  return (
    <nav className="view-switch" aria-label="Parts of the page">
      {VIEWS.map(({ name, label }) => (
        <button
          key={name}
          type="button"
          aria-current={name === current ? "page" : undefined}
          onClick={() => view.set(name)}
        >
          {label}
        </button>
      ))}
    </nav>
  );
}
