/**
 * The catch-up gate of one member and one numbered stream. Pure: it decides, its owner moves the data.
 *
 * 1. What is delivered is a chain: each event's `prevSeq` is the number delivered before it; never twice, never a hole.
 * 2. While it holds, nothing passes and what arrives is kept, up to a limit. Past the limit it keeps nothing: what was
 *    missed is then read from the log again.
 */

/** How an event hangs on the one before it. `prevSeq` is `null` where the chain starts anew: a snapshot. */
export interface Link {
  readonly seq: number;
  readonly prevSeq: number | null;
}

/** Anything that carries consecutive events of one stream. */
export interface Linked {
  readonly links: readonly Link[];
}

export interface Gate<P extends Linked> {
  /** `skipping`: dropped, because a reading of the log or a snapshot that is still to come will contain it. */
  state: "open" | "holding" | "skipping";
  /** Number of the last event delivered; -1 before the first. */
  position: number;
  held: P[];
  heldEvents: number;
}

/** One for all gates that hold nothing: there are as many gates as members times rooms. */
const NOTHING: never[] = [];

export function closedGate<P extends Linked>(): Gate<P> {
  return { state: "holding", position: -1, held: NOTHING, heldEvents: 0 };
}

/** `from`: index of the first event to deliver; what comes before it is known already. */
export type Verdict = "all" | "nothing" | "gap" | { readonly from: number };

/** Judges a packet at an open gate and, unless there is a gap, moves the position to its end. */
export function admit<P extends Linked>(gate: Gate<P>, { links }: Linked): Verdict {
  let from = 0;
  while (from < links.length && links[from]!.seq <= gate.position) from++;
  const first = links[from];
  if (first === undefined) return "nothing";
  if (first.prevSeq !== null && first.prevSeq !== gate.position) return "gap";
  gate.position = links[links.length - 1]!.seq;
  return from === 0 ? "all" : { from };
}

/** Keeps a packet that arrived while the gate holds; gives all up when that is more than `eventsMax` events. */
export function hold<P extends Linked>(gate: Gate<P>, packet: P, eventsMax: number): void {
  gate.heldEvents += packet.links.length;
  if (gate.heldEvents > eventsMax) skip(gate);
  else if (gate.held === NOTHING) gate.held = [packet];
  else gate.held.push(packet);
}

/** Drops everything from now on, until `beginCatchUp`. */
export function skip<P extends Linked>(gate: Gate<P>): void {
  gate.state = "skipping";
  gate.held = NOTHING;
  gate.heldEvents = 0;
}

/** Call before reading the log: what arrives from now on is kept, what arrived before is in that reading. */
export function beginCatchUp<P extends Linked>(gate: Gate<P>): void {
  skip(gate);
  gate.state = "holding";
}

export interface Release<P> {
  readonly deliveries: readonly { readonly packet: P; readonly from: number }[];
  /** `false`: something is still missing after `position`; catch up again. */
  readonly open: boolean;
}

/** Call after the reading was delivered and `position` set to its end: what was held follows, in order. */
export function release<P extends Linked>(gate: Gate<P>): Release<P> {
  if (gate.state === "skipping") return { deliveries: [], open: false };
  const deliveries: { packet: P; from: number }[] = [];
  for (const packet of gate.held) {
    const verdict = admit(gate, packet);
    if (verdict === "gap") {
      skip(gate);
      return { deliveries, open: false };
    }
    if (verdict === "nothing") continue;
    deliveries.push({ packet, from: verdict === "all" ? 0 : verdict.from });
  }
  skip(gate);
  gate.state = "open";
  return { deliveries, open: true };
}
