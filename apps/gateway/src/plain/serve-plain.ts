import type { Server as HttpServer } from "node:http";
import type { Hub } from "@mirrorbook/fanout";
import type { Authenticator } from "../auth/authenticator.ts";
import type { ConnectionSeats } from "../limits/connection-seats.ts";
import type { Logger } from "../logger.ts";
import type { MarketDirectory } from "../market/market-directory.ts";
import type { Connections } from "../members/connections.ts";
import type { SubscriptionDesk } from "../members/subscriptions.ts";
import { SOCKET_IO_PATH, type SocketServerSettings } from "../sockets/socket-server.ts";
import { FeedEndpoint } from "./feed.ts";
import { PlainMembers } from "./plain-members.ts";
import { RoomsEndpoint } from "./rooms.ts";
import { StreamsEndpoint } from "./streams.ts";
import { PlainUpgrades } from "./upgrades.ts";

export interface PlainOptions {
  readonly http: HttpServer;
  /** Second port, which speaks the rooms dialect on every path. */
  readonly roomsHttp: HttpServer | null;
  readonly settings: SocketServerSettings;
  readonly hub: Hub;
  readonly connections: Connections;
  readonly subscriptions: SubscriptionDesk;
  readonly markets: MarketDirectory;
  readonly authenticator: Authenticator;
  readonly seats: ConnectionSeats;
  readonly isDraining: () => boolean;
  readonly log: Logger;
}

/** Serves plain WebSocket clients on all their paths. */
export function servePlain(options: PlainOptions): PlainMembers {
  const { hub, connections, subscriptions, markets, settings, authenticator } = options;
  const members = new PlainMembers(options);
  const streams = new StreamsEndpoint(members, hub, subscriptions, markets);
  const feed = new FeedEndpoint(members, subscriptions);
  const rooms = new RoomsEndpoint({
    members,
    hub,
    desk: subscriptions,
    connections,
    authenticator,
  });

  const upgrades = { ...options, ...settings };
  new PlainUpgrades({
    ...upgrades,
    othersPath: SOCKET_IO_PATH,
    choose: (request) => rooms.choose(request) ?? feed.choose(request) ?? streams.choose(request),
  }).listenTo(options.http);
  if (options.roomsHttp !== null) {
    new PlainUpgrades({
      ...upgrades,
      othersPath: null,
      choose: (request) => rooms.serve(request),
    }).listenTo(options.roomsHttp);
  }
  return members;
}
