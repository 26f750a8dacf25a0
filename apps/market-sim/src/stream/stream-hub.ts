import type { MessageSink } from "../market-source.ts";
import type { Connection } from "./connection.ts";
import type { StreamClient } from "./stream-commands.ts";

/** Unsent bytes for one reader above which a replay at full speed waits. */
const CONGESTED_BYTES = 1_048_576;

/** Who listens to what, and the way of every market message to them. */
export class StreamHub implements MessageSink {
  readonly connections = new Map<number, Connection>();
  messagesTold = 0;
  private readonly listeners = new Map<string, Set<Connection>>();
  private readonly streamsMax: number;
  private readonly isLost: (symbol: string, stream: string) => boolean;
  private readonly onSubscribed: (stream: string) => void;

  constructor(parts: {
    streamsPerConnectionMax: number;
    /** Says whether a message gets lost on its way (a fault). */
    isLost(symbol: string, stream: string): boolean;
    onSubscribed(stream: string): void;
  }) {
    this.streamsMax = parts.streamsPerConnectionMax;
    this.isLost = parts.isLost;
    this.onSubscribed = parts.onSubscribed;
  }

  wants(stream: string): boolean {
    return this.listeners.has(stream);
  }

  tell(symbol: string, stream: string, payload: string): void {
    const listeners = this.listeners.get(stream);
    if (listeners === undefined || this.isLost(symbol, stream)) return;
    this.messagesTold++;
    const wrapped = wrap(stream, payload);
    for (const connection of listeners) connection.send(connection.combined ? wrapped : payload);
  }

  /** Tells every connection, whatever it subscribed to; raw connections get the bare payload. */
  tellEveryone(stream: string, payload: string): void {
    for (const connection of this.connections.values()) {
      connection.send(connection.combined ? wrap(stream, payload) : payload);
    }
  }

  isCongested(): boolean {
    for (const connection of this.connections.values()) {
      if (connection.bufferedBytes > CONGESTED_BYTES) return true;
    }
    return false;
  }

  add(connection: Connection): void {
    this.connections.set(connection.id, connection);
  }

  remove(connection: Connection): void {
    this.connections.delete(connection.id);
    for (const stream of connection.streams) this.forget(connection, stream);
  }

  /** The connection as its commands see it. */
  client(connection: Connection): StreamClient {
    return {
      get combined() {
        return connection.combined;
      },
      set combined(value) {
        connection.combined = value;
      },
      streams: connection.streams,
      subscribe: (streams) => this.subscribe(connection, streams),
      unsubscribe: (streams) => {
        for (const stream of streams) {
          connection.streams.delete(stream);
          this.forget(connection, stream);
        }
      },
    };
  }

  /** Subscribes to all or, beyond the limit, to none. */
  subscribe(connection: Connection, streams: readonly string[]): boolean {
    const wanted = new Set([...connection.streams, ...streams]);
    if (wanted.size > this.streamsMax) return false;
    for (const stream of streams) {
      connection.streams.add(stream);
      const listeners = this.listeners.get(stream) ?? new Set();
      this.listeners.set(stream, listeners.add(connection));
      this.onSubscribed(stream);
    }
    return true;
  }

  private forget(connection: Connection, stream: string): void {
    const listeners = this.listeners.get(stream);
    listeners?.delete(connection);
    if (listeners?.size === 0) this.listeners.delete(stream);
  }
}

function wrap(stream: string, payload: string): string {
  return `{"stream":"${stream}","data":${payload}}`;
}
