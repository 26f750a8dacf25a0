import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { admitEvent, greet } from "../src/event-cursor.ts";

test.each([
  { rule: "the next one is delivered", cursor: 4, seq: 5, kind: "deliver" },
  { rule: "the first of all is delivered", cursor: 0, seq: 1, kind: "deliver" },
  { rule: "the last one again is a duplicate", cursor: 4, seq: 4, kind: "duplicate" },
  { rule: "an old one is a duplicate", cursor: 4, seq: 1, kind: "duplicate" },
  { rule: "one too far is a gap", cursor: 4, seq: 6, kind: "gap" },
])("$rule", ({ cursor, seq, kind }) => {
  expect(admitEvent(cursor, seq).kind).toBe(kind);
});

test.each([
  { rule: "afresh: from the server's number on", known: null, server: 7, asked: false, kind: "start", cursor: 7 },
  { rule: "nothing missed", known: 7, server: 7, asked: true, kind: "continue", cursor: 7 },
  { rule: "missed and asked for in the handshake", known: 5, server: 7, asked: true, kind: "continue", cursor: 5 },
  { rule: "missed and not asked for", known: 5, server: 7, asked: false, kind: "resume", cursor: 5 },
  { rule: "another database", known: 9, server: 7, asked: true, kind: "reload", cursor: 7 },
])("greeting, $rule", ({ known, server, asked, kind, cursor }) => {
  expect(greet(known, server, asked)).toMatchObject({ kind, cursor });
}); // biome-ignore format: a table

test("property: any loss, repetition and reordering ends in 1, 2, 3, … delivered once", () => {
  const arrivals = fc.array(fc.integer({ min: 1, max: 25 }), { maxLength: 200 });
  fc.assert(
    fc.property(arrivals, (numbers) => {
      const delivered: number[] = [];
      let cursor = 0;
      const arrive = (seq: number) => {
        const admission = admitEvent(cursor, seq);
        if (admission.kind === "deliver") {
          cursor = admission.cursor;
          delivered.push(seq);
        }
        // A resume brings what was missed, in order.
        if (admission.kind === "gap") for (let n = admission.since + 1; n <= seq; n++) arrive(n);
      };
      for (const seq of numbers) arrive(seq);
      const last = Math.max(0, ...numbers);
      expect(delivered).toEqual(Array.from({ length: last }, (_, i) => i + 1));
    }),
  );
});
