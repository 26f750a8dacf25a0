import type { MarketInfo, RoomStatus, RoomView } from "@mirrorbook/protocol";
import { createStore, type Membership, type RoomList } from "@mirrorbook/sdk";
import { useConnection, useMarkets, useMirrorbook, useReadable } from "@mirrorbook/sdk/react";
import { useState } from "react";
import { type Column, Table } from "../desk/table.tsx";
import { fixed } from "../lib/format.ts";
import { goTo, hashOf } from "../model/route.ts";
import { JoinByCode } from "./join-by-code.tsx";
import { PageHead } from "./page-head.tsx";
import { RoomClock } from "./room-clock.tsx";
import { METRIC_NAMES, marketNames } from "./room-words.ts";
import { StatusBadge } from "./status-badge.tsx";
import { useAsked } from "./use-asked.ts";

const READ_EVERY_MS = 5_000;
const PAGE = 50;

type StatusFilter = "any" | "open" | "running" | "ended";

const STATUSES: Record<StatusFilter, readonly RoomStatus[]> = {
  any: ["draft", "open", "running", "paused", "settling", "ended"],
  open: ["draft", "open"],
  running: ["running", "paused", "settling"],
  ended: ["ended"],
};
const STATUS_LABELS: Record<StatusFilter, string> = {
  any: "Any",
  open: "Open",
  running: "Running",
  ended: "Ended",
};

/** Kept while one looks into a room and comes back. */
const filters = createStore<{ readonly mine: boolean; readonly status: StatusFilter }>({
  mine: false,
  status: "any",
});

/** All rooms one may see. */
export function RoomsList() {
  const { mine, status } = useReadable(filters);
  const [pages, setPages] = useState(1);
  const client = useMirrorbook();
  const { status: connection } = useConnection();
  const asked = useAsked(
    `${mine} ${pages} ${connection}`,
    () => readPages(pages, (offset) => client.rooms.list({ mine, offset, limit: PAGE })),
    { everyMs: READ_EVERY_MS },
  );
  const list = asked.value;
  const shown = (list?.rooms ?? []).filter((room) => STATUSES[status].includes(room.status));
  return (
    <section className="panel rooms-list" aria-label="Trade rooms">
      <header className="rooms-head">
        <PageHead title="Trade rooms" />
        <Filters mine={mine} status={status} />
        <JoinByCode />
        <button type="button" className="primary" onClick={() => goTo({ name: "new-room" })}>
          Create a room
        </button>
      </header>
      {asked.problem !== null && <p className="problem-note">{asked.problem} Trying again…</p>}
      <div className="rooms-scroll">
        <RoomsTable
          rooms={shown}
          memberships={list?.memberships ?? {}}
          loaded={list !== null}
          isAll={!mine && status === "any"}
        />
        {list !== null && list.nextOffset !== null && (
          <button type="button" className="quiet" onClick={() => setPages(pages + 1)}>
            Look further back
          </button>
        )}
      </div>
    </section>
  );
}

/** So many pages, newest first, as one list. */
async function readPages(
  count: number,
  read: (offset: number) => Promise<RoomList>,
): Promise<RoomList> {
  let list = await read(0);
  for (let page = 1; page < count && list.nextOffset !== null; page++) {
    const next = await read(list.nextOffset);
    list = {
      rooms: [...list.rooms, ...next.rooms],
      memberships: { ...list.memberships, ...next.memberships },
      nextOffset: next.nextOffset,
    };
  }
  return list;
}

function Filters({ mine, status }: { mine: boolean; status: StatusFilter }) {
  return (
    <div className="rooms-filters">
      <fieldset className="choices" aria-label="Whose rooms">
        {([false, true] as const).map((value) => (
          <button
            key={String(value)}
            type="button"
            className="choice"
            aria-pressed={mine === value}
            onClick={() => filters.set({ mine: value, status })}
          >
            {value ? "Mine" : "All"}
          </button>
        ))}
      </fieldset>
      <fieldset className="choices" aria-label="Status of the rooms">
        {(Object.keys(STATUSES) as StatusFilter[]).map((name) => (
          <button
            key={name}
            type="button"
            className="choice"
            aria-pressed={status === name}
            onClick={() => filters.set({ mine, status: name })}
          >
            {STATUS_LABELS[name]}
          </button>
        ))}
      </fieldset>
    </div>
  );
}

interface RoomsTableProps {
  readonly rooms: readonly RoomView[];
  readonly memberships: Readonly<Record<string, Membership>>;
  readonly loaded: boolean;
  readonly isAll: boolean;
}

function RoomsTable({ rooms, memberships, loaded, isAll }: RoomsTableProps) {
  const { markets } = useMarkets();
  const { userId: me } = useConnection();
  const part = (room: RoomView) =>
    [room.ownerId === me && "owner", memberships[room.id] === "joined" && "in"].filter(Boolean);
  const columns: Column<RoomView>[] = [
    { label: "Room", cell: (room) => <a href={hashOf({ name: "room", roomId: room.id, code: null })}>{room.name}</a> },
    { label: "Status", cell: (room) => <StatusBadge room={room} /> },
    { label: "Time", cell: (room) => <RoomClock room={room} /> },
    { label: "You", cell: (room) => part(room).join(", ") },
    { label: "Members", isNumber: true, cell: (room) => `${room.members} / ${room.memberLimit}` },
    { label: "Markets", isMinor: true, cell: (room) => <Markets room={room} markets={markets} /> },
    { label: "Ranked by", isMinor: true, cell: (room) => METRIC_NAMES[room.metric] },
    { label: "Cash", isNumber: true, isMinor: true, cell: (room) => `$${fixed(room.startingCash, 0)}` },
    { label: "Joined by", isMinor: true, cell: (room) => (room.visibility === "code" ? "Code" : "Anyone") },
  ]; // biome-ignore format: a table
  return (
    <Table
      label="Trade rooms"
      columns={columns}
      items={rooms}
      loaded={loaded}
      keyOf={({ id }) => id}
      empty={
        isAll
          ? "No rooms yet. Create one: everybody starts with the same cash and trades the same live book."
          : "No rooms like that."
      }
    />
  );
}

function Markets({ room, markets }: { room: RoomView; markets: readonly MarketInfo[] }) {
  const names = marketNames(room, markets);
  return (
    <span className="rooms-markets" title={names}>
      {names}
    </span>
  );
}
