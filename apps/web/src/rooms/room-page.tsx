import type { RoomView } from "@mirrorbook/protocol";
import type { RoomSnapshot } from "@mirrorbook/sdk";
import { useConnection, useRoom } from "@mirrorbook/sdk/react";
import { useState } from "react";
import { Tabs } from "../desk/tabs.tsx";
import { hashOf } from "../model/route.ts";
import { EquityChart } from "./equity-chart.tsx";
import { JoinByCode } from "./join-by-code.tsx";
import { Leaderboard } from "./leaderboard.tsx";
import { Members } from "./members.tsx";
import { PageHead } from "./page-head.tsx";
import { Final } from "./podium.tsx";
import { Join, MemberActions, OwnerActions } from "./room-actions.tsx";
import { RoomClock } from "./room-clock.tsx";
import { RoomForm } from "./room-form.tsx";
import { RoomPortfolio } from "./room-portfolio.tsx";
import { RoomRules } from "./room-rules.tsx";
import { Share } from "./share.tsx";
import { StatusBadge } from "./status-badge.tsx";

/** One room, as a member, its owner or anyone who may see it finds it. */
export function RoomPage({ roomId, code }: { roomId: string; code: string | null }) {
  const about = useRoom(roomId);
  const { room } = about;
  const [isEditing, setEditing] = useState(false);
  if (room === null) return <Unseen roomId={roomId} code={code} about={about} />;
  if (isEditing && room.status === "draft") {
    return <RoomForm key={room.id} draftRoom={room} onDone={() => setEditing(false)} />;
  }
  return (
    <div className="room">
      <RoomHead about={about} room={room} code={code} onEdit={() => setEditing(true)} />
      <section className="panel room-ranking" aria-label="Leaderboard">
        <header className="panel-head">
          <h2>{room.finalHash === null ? "Leaderboard" : "Final ranking"}</h2>
        </header>
        {room.finalHash === null ? <Leaderboard room={room} /> : <Final room={room} />}
      </section>
      <EquityChart room={room} rows={about.rows} own={about.own} />
      <RoomPortfolio room={room} membership={about.membership} />
      <AboutRoom room={room} code={about.code} />
    </div>
  );
}

interface UnseenProps {
  readonly roomId: string;
  readonly code: string | null;
  readonly about: RoomSnapshot;
}

/** A room that is not here yet, or that one may not see: it appears by itself when that changes. */
function Unseen({ roomId, code, about: { refused } }: UnseenProps) {
  const isInvitation = refused === "FORBIDDEN";
  return (
    <section className="panel room-unseen" aria-label="Trade room">
      <PageHead title={isInvitation ? "A room by invitation" : "Trade room"} back={LIST} />
      {refused === null && <p className="empty">Loading the room…</p>}
      {refused === "UNKNOWN_ROOM" && (
        <p className="empty">
          There is no such room, or its owner has not opened it yet. It appears here when that is
          done.
        </p>
      )}
      {isInvitation && (
        <div className="empty">
          <p>{code === null ? "Its members see it. Its code lets you in." : "You are invited."}</p>
          {code === null ? <JoinByCode /> : <Join roomId={roomId} code={code} label="Join" />}
        </div>
      )}
    </section>
  );
}

const LIST = hashOf({ name: "rooms" });

interface RoomHeadProps {
  readonly about: RoomSnapshot;
  readonly room: RoomView;
  readonly code: string | null;
  onEdit(): void;
}

function RoomHead({ about, room, code, onEdit }: RoomHeadProps) {
  const { userId: me } = useConnection();
  const seats = `${room.members} of ${room.memberLimit} seats taken`;
  return (
    <header className="panel room-head">
      <PageHead title={room.name} back={LIST} />
      <StatusBadge room={room} />
      <RoomClock room={room} />
      <small className="room-seats">{seats}</small>
      <div className="room-buttons">
        {room.ownerId === me && <OwnerActions room={room} onEdit={onEdit} />}
        <MemberActions room={room} membership={about.membership} code={code ?? about.code} />
      </div>
    </header>
  );
}

type AboutTab = "rules" | "members";

function AboutRoom({ room, code }: { room: RoomView; code: string | null }) {
  const [tab, setTab] = useState<AboutTab>("rules");
  return (
    <section className="panel room-about" aria-label="About the room">
      <Tabs<AboutTab>
        label="About the room"
        tabs={[
          { name: "rules", label: "Rules" },
          { name: "members", label: "Members", count: room.members },
        ]}
        current={tab}
        onChoose={setTab}
      >
        {tab === "rules" ? <RoomRules room={room} /> : <Members room={room} />}
        <Share room={room} code={code} />
      </Tabs>
    </section>
  );
}
