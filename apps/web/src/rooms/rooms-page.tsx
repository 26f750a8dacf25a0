import { useReadable } from "@mirrorbook/sdk/react";
import { useModel } from "../model/context.ts";
import type { Route } from "../model/route.ts";
import { RoomForm } from "./room-form.tsx";
import { RoomPage } from "./room-page.tsx";
import { RoomsList } from "./rooms-list.tsx";

/** Everything about trade rooms but the trading. */
export function RoomsPage({ route }: { route: Exclude<Route, { name: "trade" }> }) {
  const { session, problem } = useReadable(useModel().sessions.state);
  if (session === null) {
    return (
      <main className="rooms">
        <p className="waiting">{problem ?? "Connecting to the exchange…"}</p>
      </main>
    );
  }
  // Another user sees another page: nothing of the first one's stays.
  const key = `${session.user.id} ${route.name === "room" ? route.roomId : ""}`;
  return (
    <main className="rooms">
      {route.name === "rooms" && <RoomsList key={key} />}
      {route.name === "new-room" && <RoomForm key={key} />}
      {route.name === "room" && <RoomPage key={key} roomId={route.roomId} code={route.code} />}
    </main>
  );
}
