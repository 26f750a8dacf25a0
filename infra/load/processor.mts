/**
 * The steps of artillery.yml that YAML cannot say. Artillery calls them with a virtual user's context, whose connection
 * is `context.sockets[""]`, and an emitter that takes its figures.
 */
import type { EventEmitter } from "node:events";
import type { Socket } from "socket.io-client";

/** Share of the best bid at which an order rests out of harm's way, yet inside the price band. */
const FAR = 0.97;
const WELCOME_WITHIN_MS = 5_000;
/** After a resume, the missed events follow the welcome at once. */
const MISSED_WITHIN_MS = 5_000;
const USER_EVENT = /^(?:order|trade|balance|position|portfolio):/;

interface Context {
  readonly vars: Record<string, string> & {
    /** Set by `connectByName`. */
    own: OwnEvents;
    node: string;
    orderId: string;
  };
  readonly sockets: Record<string, Socket>;
}

/** Gateways that clients connect to in turn, where there is more than the one that Artillery is pointed at. */
const gateways = (process.env.LOAD_GATEWAYS ?? "").split(",").filter((url) => url !== "");
let connections = 0;

/** The user's numbered events over all of its connections. */
class OwnEvents {
  last: number | null = null;
  readonly #figures: EventEmitter;
  readonly #waiting = new Set<() => void>();
  #cancelled = new Set<string>();

  constructor(figures: EventEmitter) {
    this.#figures = figures;
  }

  take(name: string, payload: { seq?: number; order?: { id: string } }): void {
    const { seq } = payload ?? {};
    if (!USER_EVENT.test(name) || typeof seq !== "number") return;
    this.#figures.emit("counter", "events.own", 1);
    if (this.last !== null && seq !== this.last + 1)
      this.#figures.emit("counter", "events.holes", 1);
    this.last = seq;
    if (name === "order:cancelled" && payload.order) this.#cancelled.add(payload.order.id);
    for (const look of this.#waiting) look();
  }

  /** Resolves when the client has been told that an order was cancelled. */
  cancelled(orderId: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("missed events")), MISSED_WITHIN_MS);
      const look = () => {
        if (!this.#cancelled.has(orderId)) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }
}

/** Leaves the anonymous connection and comes back with the token. */
export async function connectByName({ vars, sockets }: Context, figures: EventEmitter) {
  const socket = sockets[""]!;
  const own = new OwnEvents(figures);
  // So that it counts as one that never happened rather than as none at all.
  figures.emit("counter", "events.holes", 0);
  // Artillery's patch of the socket stands in the way of `onAny`, and offers this instead.
  socket.on("*", ({ data: [name, payload] }: { data: [string, never] }) => own.take(name, payload));
  socket.disconnect();
  socket.auth = { token: vars.token };
  const { seq, node } = await welcomed(socket);
  own.last = seq;
  Object.assign(vars, { own, node });
}

/** Chooses a price at which nothing trades. */
export async function choosePrice({ vars }: Context) {
  vars.farPrice = (Number(vars.bestBid) * FAR).toFixed(2);
}

/** Loses the connection without a word, as a network does. */
export async function loseConnection({ sockets }: Context) {
  const socket = sockets[""]!;
  const gone = new Promise<void>((resolve) => socket.once("disconnect", () => resolve()));
  socket.io.engine.close();
  await gone;
}

/** Comes back, to any gateway, with the number of the last event, and waits for what was missed. */
export async function resume({ vars, sockets }: Context, figures: EventEmitter) {
  const startedAtMs = performance.now();
  const socket = sockets[""]!;
  socket.auth = { token: vars.token, since: vars.own.last };
  socket.once("resync", () => figures.emit("error", "resync"));
  const { node } = await welcomed(socket);
  await vars.own.cancelled(vars.orderId);
  figures.emit("counter", "events.resumed", 1);
  figures.emit("counter", "events.resumed_elsewhere", node === vars.node ? 0 : 1);
  figures.emit("histogram", "resume.time", performance.now() - startedAtMs);
}

/** Connects to the gateway whose turn it is. */
function welcomed(socket: Socket): Promise<{ readonly seq: number; readonly node: string }> {
  const gateway = gateways[connections++ % gateways.length];
  if (gateway !== undefined) Object.assign(socket.io, { uri: gateway });
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("no welcome")), WELCOME_WITHIN_MS);
    const settle = (act: () => void) => {
      clearTimeout(timer);
      act();
    };
    socket.once("welcome", (welcome) => settle(() => resolve(welcome)));
    socket.once("connect_error", (error) => settle(() => reject(error)));
    socket.connect();
  });
}
