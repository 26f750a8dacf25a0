/** What the page shows, as its address says: so that a room can be linked to, and the browser's buttons work. */
import { createStore, type Readable } from "@mirrorbook/sdk";
import { roomOfCode } from "../rooms/invitation.ts";

export type Route =
  | { readonly name: "trade" }
  | { readonly name: "rooms" }
  | { readonly name: "new-room" }
  /** `code`: what came with the link, to join with. */
  | { readonly name: "room"; readonly roomId: string; readonly code: string | null };

/** The part after `#` is never sent to a server, so an invitation stays between those who share it. */
export function routeOf(hash: string): Route {
  const [place = "", given = ""] = hash.replace(/^#\/?/, "").split("/");
  const name = safely(given);
  if (place === "join" && name !== "") {
    return { name: "room", roomId: roomOfCode(name), code: name };
  }
  if (place !== "rooms") return { name: "trade" };
  if (name === "") return { name: "rooms" };
  return name === "new" ? { name: "new-room" } : { name: "room", roomId: name, code: null };
}

export function hashOf(route: Route): string {
  switch (route.name) {
    case "trade":
      return "#/";
    case "rooms":
      return "#/rooms";
    case "new-room":
      return "#/rooms/new";
    case "room":
      return route.code === null ? `#/rooms/${route.roomId}` : `#/join/${route.code}`;
  }
}

function safely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const current = createStore<Route>(routeOf(globalThis.location?.hash ?? ""));
globalThis.addEventListener?.("hashchange", () => current.set(routeOf(location.hash)));

export const route: Readable<Route> = current;

export function goTo(next: Route): void {
  if (location.hash !== hashOf(next)) location.hash = hashOf(next);
  current.set(next);
}
