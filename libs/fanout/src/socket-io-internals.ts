/**
 * Everything this project takes from inside its libraries, that their documentation does not promise:
 *
 * 1. the sharded adapter hands what arrives to `onRawMessage`, what it read of that to `onMessage`, and names a room's
 *    channel with `dynamicChannel`;
 * 2. Engine.IO's WebSocket transport holds a `ws` socket in `socket`, is free to send when `writable`, and the
 *    connection queues in `writeBuffer`;
 * 3. `ws` holds the TCP socket in `_socket`, and its sender writes at once unless `_bufferedBytes` are waiting;
 * 4. a Socket.IO socket hands each event packet, with its name and arguments in `data` and the number that its
 *    acknowledgement has to carry in `id`, to `onevent`;
 * 5. an Engine.IO server has its connections in `clients`;
 * 6. a Socket.IO server keeps the first HTTP request of each connection in `conn.request`.
 *
 * `test/socket-io-internals.test.ts` checks each of them against the installed versions (socket.io 4.8.4,
 * @socket.io/redis-adapter 8.3.0, engine.io 6.6, ws 8.21 and 8.23) and fails when one changes. Where a check at run
 * time fails, members fall back to Socket.IO's own way: slower, never wrong.
 */
import type { Socket as TcpSocket } from "node:net";
import { type AnyEvent, BATCH_PACKET } from "@mirrorbook/protocol";
import { createShardedAdapter } from "@socket.io/redis-adapter";
import type { Namespace, Server, Socket } from "socket.io";
import type { WebSocket } from "ws";
import { type SealedEvents, unseal } from "./sealed-events.ts";
import type { TrackedSubscriber } from "./tracked-subscriber.ts";

const MAIN_NAMESPACE = "/";
const BROADCAST = 3;
const WEBSOCKET_OPEN = 1;

interface ClusterMessage {
  readonly uid: string;
  readonly nsp: string;
  readonly type: number;
  readonly data: {
    readonly requestId?: string;
    readonly packet: { readonly data: readonly unknown[] };
    readonly opts: { readonly rooms: readonly string[] };
  };
}

/** The adapter of the main namespace, as far as the hub uses it. The first four are public API. */
export interface RoomAdapter {
  readonly sids: ReadonlyMap<string, ReadonlySet<string>>;
  addAll(id: string, rooms: Set<string>): void;
  del(id: string, room: string): void;
  delAll(id: string): void;
  on(event: "join-room" | "leave-room", listener: (room: string, id: string) => void): unknown;
  close(): Promise<void> | void;
  readonly uid: string;
  onRawMessage(message: Buffer, channel: Buffer): void;
  onMessage(message: ClusterMessage, offset?: string): void;
  dynamicChannel(room: string): string;
}

export type TakeBatch = (room: string, events: readonly AnyEvent[] | SealedEvents) => void;

/** Installs the sharded adapter on `io` and takes the leader's batches out of it. Other packets go the stock way. */
export function installAdapter(
  io: Server,
  publisher: unknown,
  subscriber: TrackedSubscriber,
  takeBatch: TakeBatch,
): RoomAdapter {
  const sharded = createShardedAdapter(publisher, subscriber);
  let main: RoomAdapter | undefined;
  // A function, not an arrow: Socket.IO calls it with `new`, and takes the object it returns.
  io.adapter(function adapterOf(namespace: Namespace) {
    const adapter = sharded(namespace) as unknown as RoomAdapter;
    if (namespace.name === MAIN_NAMESPACE) main = divertBatches(adapter, takeBatch);
    return adapter;
  } as never);
  if (main === undefined)
    throw new Error("Socket.IO did not make an adapter for its main namespace.");
  return main;
}

function divertBatches(adapter: RoomAdapter, takeBatch: TakeBatch): RoomAdapter {
  const stock = adapter.onMessage.bind(adapter);
  const stockRaw = adapter.onRawMessage.bind(adapter);
  const isOurs = (message: ClusterMessage) =>
    isBatch(message) && message.nsp === MAIN_NAMESPACE && message.uid !== adapter.uid;
  adapter.onRawMessage = (raw, channel) => {
    const unsealed = unseal(raw);
    if (unsealed === null) return stockRaw(raw, channel);
    const message = JSON.parse(unsealed.envelope) as ClusterMessage;
    if (!isOurs(message)) return stockRaw(raw, channel);
    for (const room of message.data.opts.rooms) takeBatch(room, unsealed.events);
  };
  adapter.onMessage = (message, offset) => {
    if (!isOurs(message)) return stock(message, offset);
    const events = message.data.packet.data.at(-1) as readonly AnyEvent[];
    for (const room of message.data.opts.rooms) takeBatch(room, events);
  };
  return adapter;
}

function isBatch({ type, data }: ClusterMessage): boolean {
  return (
    type === BROADCAST && data.requestId === undefined && data.packet?.data?.[0] === BATCH_PACKET
  );
}

/** `id`: what `Hub.acknowledge` has to be given; `null` when the sender wants no acknowledgement. */
export type TakePacket = (name: string, body: readonly unknown[], id: number | null) => void;

/** Takes all event packets of a socket, past listeners, of which there are none: the hub writes what is answered. */
export function takePackets(socket: Socket, take: TakePacket): void {
  const inside = socket as unknown as { onevent: (packet: EventPacket) => void };
  inside.onevent = ({ data, id }) => {
    const [name, ...body] = data;
    take(String(name), body, id ?? null); // Socket.IO lets numbers through as names.
  };
}

interface EventPacket {
  readonly data: readonly unknown[];
  readonly id?: number;
}

export interface EngineTransport {
  readonly name: string;
  readonly writable: boolean;
  readonly perMessageDeflate: unknown;
  readonly socket?: WebSocketInside;
}

interface WebSocketInside extends WebSocket {
  readonly _socket?: TcpSocket | null;
  readonly _sender?: { readonly _bufferedBytes: number } | null;
}

export interface EngineConnection {
  readonly readyState: string;
  readonly upgrading: boolean;
  readonly protocol: number;
  readonly writeBuffer: readonly { readonly data?: unknown }[];
  readonly transport: EngineTransport;
  request: unknown;
  write(text: string, options?: { compress?: boolean }): void;
  close(discard?: boolean): void;
}

export function engineConnection(socket: Socket): EngineConnection {
  return socket.conn as unknown as EngineConnection;
}

/** The TCP socket under a transport that frames may be written to past Engine.IO; `null` for polling and compression. */
export function tcpSocketUnder({
  name,
  perMessageDeflate,
  socket,
}: EngineTransport): TcpSocket | null {
  return name === "websocket" && !perMessageDeflate ? (socket?._socket ?? null) : null;
}

/** Whether nothing of Engine.IO's is under way or waiting, so that a frame written now comes in its turn. */
export function isEngineIdle(connection: EngineConnection): boolean {
  return (
    connection.transport.writable &&
    connection.writeBuffer.length === 0 &&
    !connection.upgrading &&
    connection.readyState === "open"
  );
}

/** The TCP socket of a WebSocket without extensions; `null` while it is not open or `ws` has something queued. */
export function directWebSocket(webSocket: WebSocket): TcpSocket | null {
  const { _socket, _sender, readyState } = webSocket as WebSocketInside;
  if (readyState !== WEBSOCKET_OPEN || _sender?._bufferedBytes !== 0) return null;
  return _socket ?? null;
}

/**
 * Bytes a Socket.IO connection has accepted and the kernel has not taken. `ws.bufferedAmount` alone stays 0 while a
 * stalled reader's packets pile up in Engine.IO.
 */
export function engineBacklogBytes({ writeBuffer, transport }: EngineConnection): number {
  let bytes = transport.socket?.bufferedAmount ?? 0;
  for (const { data } of writeBuffer)
    bytes += (data as { length?: number } | undefined)?.length ?? 0;
  return bytes;
}

/** Lets go of the handshake's HTTP request (some KB per connection); `socket.handshake` keeps what is needed of it. */
export function releaseRequest(connection: EngineConnection): void {
  connection.request = null;
}

/**
 * Closes a server, and ends whatever connection does not say goodbye within `graceMs`: `ws` would wait 30 s for it, and the
 * server for `ws`.
 */
export async function closeServer(io: Server, graceMs: number): Promise<void> {
  const connections = Object.values(
    (io.engine as unknown as { clients: Record<string, EngineConnection> }).clients,
  );
  const ending = setTimeout(() => connections.forEach(destroyEngineConnection), graceMs);
  await io.close();
  clearTimeout(ending);
}

/** Ends the connection without waiting for a reader that does not read. */
export function destroyEngineConnection(connection: EngineConnection): void {
  if (connection.transport.socket === undefined) connection.close(true);
  else connection.transport.socket.terminate();
}
