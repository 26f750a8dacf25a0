/** A process full of clients that follow books and count what they get; told what to do by IPC. */
import { RawClient } from "../../../bench/clients/raw-client.ts";
import { Histogram, type Times } from "./histogram.ts";

export interface Follow {
  readonly kind: "follow";
  readonly host: string;
  readonly port: number;
  readonly clients: number;
  readonly symbols: readonly string[];
  /** Also time every update, from its `timestamp` to its arrival here. */
  readonly timed: boolean;
}

export type ListenersRequest =
  | Follow
  /** Forgets what was counted so far. */
  | { readonly kind: "begin" }
  | { readonly kind: "figures" };

export interface ListenersFigures {
  readonly held: number;
  /** Connections that were closed by the other side, since the start. */
  readonly lost: number;
  readonly deliveries: number;
  /** Of the timed clients. */
  readonly delayMs: Times;
}

const UPDATE = Buffer.from('42["orderbook:update"');
const PACKET_TYPE_LENGTH = "42".length;
const AT_ONCE = 50;

const clients = new Set<RawClient>();
const delays = new Histogram();
let deliveries = 0;
let lost = 0;

async function follow(request: Follow): Promise<void> {
  const { host, port, timed, symbols } = request;
  const onPacket = (data: Buffer, start: number, end: number): void => {
    if (data.compare(UPDATE, 0, UPDATE.length, start, start + UPDATE.length) !== 0) return;
    deliveries += 1;
    if (timed) time(data.toString("utf8", start + PACKET_TYPE_LENGTH, end));
  };
  const books = symbols.map((pair) => ({ channel: "orderbook", pair, depth: 20 }));
  const open = async () => {
    const onLost = () => {
      lost += 1;
      clients.delete(client);
    };
    const client = await RawClient.open({ host, port, auth: {}, onPacket, onLost });
    client.send(`420["subscribe",${JSON.stringify(books)}]`);
    clients.add(client);
  };
  for (let left = request.clients; left > 0; left -= AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, left) }, open));
  }
}

function time(packet: string): void {
  const nowMs = performance.timeOrigin + performance.now();
  const [, { timestamp }] = JSON.parse(packet) as [string, { timestamp: string }];
  delays.add(nowMs - Date.parse(timestamp));
}

async function answer(request: ListenersRequest): Promise<object> {
  switch (request.kind) {
    case "follow":
      await follow(request);
      return {};
    case "begin":
      deliveries = 0;
      delays.clear();
      return {};
    case "figures":
      return {
        held: clients.size,
        lost,
        deliveries,
        delayMs: delays.times(),
      } satisfies ListenersFigures;
  }
}

process.on("message", async (request: ListenersRequest) => {
  process.send?.(await answer(request));
});
process.on("disconnect", () => process.exit(0));
process.send?.({ ready: true });
