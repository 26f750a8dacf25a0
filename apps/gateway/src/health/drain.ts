import type { Server as HttpServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Hub } from "@mirrorbook/fanout";
import type { TradingDesk } from "../commands/trading-desk.ts";
import type { GatewayConfig } from "../config.ts";
import type { Status } from "./status.ts";

const LOOK_EVERY_MS = 20;

export interface DrainOptions {
  readonly config: Pick<GatewayConfig, "DRAIN_SPREAD_MS" | "STOP_WITHIN_MS">;
  readonly status: Status;
  readonly hub: Hub;
  readonly desk: TradingDesk;
  readonly http: HttpServer;
  readonly roomsHttp: HttpServer | null;
}

/**
 * Leaves gently: takes nobody new, asks members to reconnect elsewhere at a moment of their choice within a spread, and
 * waits for them and for commands in flight; at most for the spread, and for commands until the stop's own limit.
 */
export async function drain(options: DrainOptions): Promise<void> {
  const { config, status, hub, desk, http, roomsHttp } = options;
  status.isDraining = true;
  http.close();
  http.closeIdleConnections();
  roomsHttp?.close();
  const reconnectWithinMs = config.DRAIN_SPREAD_MS;
  const reason = "This node is going away; reconnect to another.";
  for (const member of hub.members()) {
    hub.send(member, [["server:draining", { reason, reconnectWithinMs }]]);
  }
  const startedAtMs = performance.now();
  for (;;) {
    const elapsedMs = performance.now() - startedAtMs;
    const membersStay = !hub.members().next().done && elapsedMs < config.DRAIN_SPREAD_MS;
    const commandsWait = desk.waiting > 0 && elapsedMs < config.STOP_WITHIN_MS;
    if (!membersStay && !commandsWait) break;
    await sleep(LOOK_EVERY_MS);
  }
  // Before their servers close: those would wait half a minute for the goodbye of a member that does not read.
  for (const member of [...hub.members()]) hub.disconnect(member, "draining");
  // The answers' last bytes leave before the sockets do.
  await sleep(LOOK_EVERY_MS);
  http.closeAllConnections();
  roomsHttp?.closeAllConnections();
}
