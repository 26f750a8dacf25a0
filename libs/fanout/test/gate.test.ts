import { expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  admit,
  beginCatchUp,
  closedGate,
  type Gate,
  hold,
  type Link,
  type Linked,
  release,
  skip,
} from "../src/gate.ts";

const HELD_MAX = 4;

interface Packet extends Linked {
  readonly links: readonly Link[];
}

const packetOf = (...seqs: number[]): Packet => ({
  links: seqs.map((seq) => ({ seq, prevSeq: seq - 1 })),
});

/** A log, a path that may lose, repeat and delay what was published, and a reader behind a gate: as in the hub. */
class Scene {
  readonly gate: Gate<Packet> = closedGate();
  readonly delivered: number[] = [];
  readonly path: Packet[] = [];
  written = 0;
  /** End of the log when the reading under way began; `null` when none is. */
  reading: number | null = null;

  publish(count: number): void {
    const seqs = Array.from({ length: count }, () => ++this.written);
    this.path.push(packetOf(...seqs));
  }

  arrive(): void {
    const packet = this.path.shift();
    if (packet === undefined || this.gate.state === "skipping") return;
    if (this.gate.state === "holding") {
      hold(this.gate, packet, HELD_MAX);
      return;
    }
    const verdict = admit(this.gate, packet);
    if (verdict === "gap") skip(this.gate);
    else if (verdict !== "nothing") this.deliver(packet, verdict === "all" ? 0 : verdict.from);
  }

  deliver({ links }: Packet, from: number): void {
    this.delivered.push(...links.slice(from).map(({ seq }) => seq));
  }

  beginReading(): void {
    if (this.reading !== null || this.gate.state === "open") return;
    beginCatchUp(this.gate);
    this.reading = this.written;
  }

  endReading(): void {
    if (this.reading === null) return;
    for (let seq = Math.max(this.gate.position, 0) + 1; seq <= this.reading; seq++) {
      this.delivered.push(seq);
    }
    this.gate.position = Math.max(this.gate.position, this.reading);
    this.reading = null;
    for (const { packet, from } of release(this.gate).deliveries) this.deliver(packet, from);
  }
}

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("publish"), count: fc.integer({ min: 1, max: 3 }) }),
  },
  { weight: 6, arbitrary: fc.constant({ kind: "arrive" }) },
  fc.constant({ kind: "lose" }),
  fc.constant({ kind: "repeat" }),
  { weight: 2, arbitrary: fc.constant({ kind: "begin" }) },
  { weight: 2, arbitrary: fc.constant({ kind: "end" }) },
  fc.constant({ kind: "fall behind" }),
);

test("property: whatever is lost, repeated or late, a reader gets 1, 2, 3, … and in the end all of it", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const scene = new Scene();
      for (const action of steps) {
        if (action.kind === "publish") scene.publish((action as { count: number }).count);
        else if (action.kind === "arrive") scene.arrive();
        else if (action.kind === "lose") scene.path.shift();
        else if (action.kind === "repeat" && scene.path[0]) scene.path.unshift(scene.path[0]);
        else if (action.kind === "begin") scene.beginReading();
        else if (action.kind === "end") scene.endReading();
        else if (action.kind === "fall behind" && scene.gate.state === "open") skip(scene.gate);
        expect(scene.delivered).toEqual(scene.delivered.map((_, index) => index + 1));
      }
      scene.endReading();
      while (scene.path.length > 0) scene.arrive();
      skip(scene.gate); // the position check of a quiet stream
      scene.beginReading();
      scene.endReading();
      expect(scene.gate.state).toBe("open");
      expect(scene.delivered).toHaveLength(scene.written);
    }),
    { numRuns: 2_000 },
  );
});

test("a gate that holds more than its limit gives up what it holds", () => {
  const gate = closedGate<Packet>();
  for (let seq = 1; seq <= HELD_MAX; seq++) hold(gate, packetOf(seq), HELD_MAX);
  expect(gate).toMatchObject({ state: "holding", heldEvents: HELD_MAX });
  hold(gate, packetOf(HELD_MAX + 1), HELD_MAX);
  expect(gate).toMatchObject({ state: "skipping", held: [], heldEvents: 0 });
  expect(release(gate)).toEqual({ deliveries: [], open: false });
});

test.each<[string, number, Packet, ReturnType<typeof admit>]>([
  ["the next one", 4, packetOf(5), "all"],
  ["one seen before", 4, packetOf(4), "nothing"],
  ["one half seen", 4, packetOf(4, 5, 6), { from: 1 }],
  ["one after a hole", 4, packetOf(6), "gap"],
  ["a snapshot further on", 4, { links: [{ seq: 9, prevSeq: null }] }, "all"],
  ["an old snapshot", 4, { links: [{ seq: 3, prevSeq: null }] }, "nothing"],
  ["an update that spans the position", 4, { links: [{ seq: 6, prevSeq: 3 }] }, "gap"],
])("an open gate judges %s", (_name, position, packet, verdict) => {
  const gate: Gate<Packet> = { ...closedGate<Packet>(), state: "open", position };
  expect(admit(gate, packet)).toEqual(verdict);
});
