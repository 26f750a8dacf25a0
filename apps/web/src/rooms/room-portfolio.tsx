import type { Position, RoomView } from "@mirrorbook/protocol";
import type { Membership } from "@mirrorbook/sdk";
import { useMarkets, usePortfolio } from "@mirrorbook/sdk/react";
import type { ReactNode } from "react";
import { Gain, MarketCell, priceText } from "../desk/cells.tsx";
import { type Column, Table } from "../desk/table.tsx";
import { fixed, trimmed } from "../lib/format.ts";

interface RoomPortfolioProps {
  readonly room: RoomView;
  readonly membership: Membership;
}

/** What oneself has in the room. Of other members the ranking tells all there is to see. */
export function RoomPortfolio({ room, membership }: RoomPortfolioProps) {
  const { portfolio, positions, loaded } = usePortfolio(room.account);
  const { markets } = useMarkets();
  if (membership === null || (loaded && portfolio === null)) {
    return (
      <section className="panel room-portfolio" aria-label="Your portfolio in the room">
        <Head room={room} />
        <p className="empty">
          {membership === "joined"
            ? "Opening your portfolio…"
            : "You have no portfolio in this room."}
        </p>
      </section>
    );
  }
  const columns: Column<Position>[] = [
    { label: "Market", cell: ({ pair }) => <MarketCell pair={pair} /> },
    { label: "Amount", isNumber: true, cell: ({ quantity }) => trimmed(quantity, 8) },
    { label: "Entry", isNumber: true, isMinor: true, cell: (p) => priceText(p.entryPrice, p.symbol, markets) },
    { label: "Unrealised", isNumber: true, cell: (p) => <Gain value={p.unrealizedPnL} decimals={2} /> },
  ]; // biome-ignore format: a table
  const figures: [name: string, value: ReactNode][] = [
    ["Equity", portfolio === null ? "–" : `$${fixed(portfolio.equity, 2)}`],
    ["Return", <Figure key="return" value={portfolio?.returnPercent} unit="%" />],
    ["Cash", portfolio === null ? "–" : `$${fixed(portfolio.cash, 2)}`],
    ["Unrealised", <Figure key="unrealised" value={portfolio?.unrealizedPnL} />],
    ["Realised", <Figure key="realised" value={portfolio?.realizedPnL} />],
  ];
  return (
    <section className="panel room-portfolio" aria-label="Your portfolio in the room">
      <Head room={room} />
      <dl className="figures">
        {figures.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd className="number">{value}</dd>
          </div>
        ))}
      </dl>
      <div className="room-positions">
        <Table
          label="Your positions in the room"
          columns={columns}
          items={positions.filter(({ status }) => status === "open")}
          loaded={loaded}
          keyOf={({ symbol }) => symbol}
          empty="No positions in this room."
        />
      </div>
    </section>
  );
}

function Head({ room }: { room: RoomView }) {
  return (
    <header className="panel-head">
      <h2>Your portfolio</h2>
      <small>
        {room.status === "ended"
          ? "at present prices; the ranking counts the end"
          : "seen by you alone"}
      </small>
    </header>
  );
}

function Figure({ value, unit }: { value: string | undefined; unit?: string }) {
  if (value === undefined) return "–";
  return <Gain value={value} decimals={2} {...(unit === undefined ? {} : { unit })} />;
}
