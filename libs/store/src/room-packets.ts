/**
 * What the sharded Socket.IO adapter would publish for a room, as text that a Lua script can complete.
 *
 * A headless `Server` gets an adapter whose publisher, instead of a Redis connection, hands us the (channel, message) of
 * each emit. One emit per room with a marker for its argument gives the message as two halves; what stands between
 * them is a JSON array of events. Only public API is used, so the format stays the adapter's own affair.
 */
import { invariant } from "@mirrorbook/kernel";
import { BATCH_PACKET } from "@mirrorbook/protocol";
import { createShardedAdapter } from "@socket.io/redis-adapter";
import { Server } from "socket.io";

/** A message to a room, less its events: `before + "[" + events.join(",") + "]" + after` is the whole. */
export interface RoomTemplate {
  readonly channel: string;
  readonly before: string;
  readonly after: string;
}

/** A message ready for SPUBLISH. */
export interface RoomPacket {
  readonly channel: string;
  readonly message: string;
}

/** Rooms whose templates are kept; an active user costs about 300 bytes. */
const TEMPLATES_MAX = 20_000;
const MARKER = "mirrorbook-events-go-here";

export class RoomPackets {
  readonly #templates = new Map<string, RoomTemplate>();
  readonly #io: Server;
  #captured: RoomPacket | null = null;

  constructor() {
    // The adapter sees an ioredis client (node-redis clients have `sSubscribe`); nothing is ever received here.
    const publisher = {
      spublish: (channel: string, message: string) => {
        this.#captured = { channel, message };
        return Promise.resolve(0);
      },
    };
    const subscriber = { on: () => {}, ssubscribe: () => {}, sunsubscribe: () => {} };
    this.#io = new Server({ adapter: createShardedAdapter(publisher, subscriber) });
  }

  /** The template of `room`; asking again is cheap for the rooms used last. */
  template(room: string): RoomTemplate {
    const known = this.#templates.get(room);
    if (known !== undefined) {
      this.#templates.delete(room);
      this.#templates.set(room, known);
      return known;
    }
    const template = this.#capture(room);
    this.#templates.set(room, template);
    if (this.#templates.size > TEMPLATES_MAX) {
      this.#templates.delete(this.#templates.keys().next().value!);
    }
    return template;
  }

  /** One packet of `events`, each the JSON text of `[name, payload]`. */
  packet(room: string, events: readonly string[]): RoomPacket {
    const { channel, before, after } = this.template(room);
    return { channel, message: `${before}[${events.join(",")}]${after}` };
  }

  #capture(room: string): RoomTemplate {
    this.#captured = null;
    this.#io.to(room).emit(BATCH_PACKET, MARKER);
    const captured = this.#captured as RoomPacket | null;
    invariant(captured !== null, "the adapter publishes within the call of emit");
    const [before, after, ...more] = captured.message.split(`"${MARKER}"`);
    invariant(
      before !== undefined && after !== undefined && more.length === 0,
      "a message contains the marker once",
    );
    return { channel: captured.channel, before, after };
  }
}
