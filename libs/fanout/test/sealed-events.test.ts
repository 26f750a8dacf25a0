/** A sealed batch says of itself what reading it would say. */
import { describe, expect, test } from "@jest/globals";
import { type AnyEvent, BATCH_PACKET, sealText } from "@mirrorbook/protocol";
import fc from "fast-check";
import { Encoded } from "../src/packet.ts";
import { unseal } from "../src/sealed-events.ts";

const AT = "2026-01-01T00:00:00.000Z";
const NAMES = ["order:filled", "balance:updated", "trade:executed"] as const;
const event = fc.tuple(fc.constantFrom(...NAMES), fc.object({ maxDepth: 2 }));
const batch = fc.record({
  first: fc.integer({ min: 1, max: 1_000_000 }),
  events: fc.array(event, { minLength: 1, maxLength: 12 }),
  room: fc.string(),
});

/** As the adapter sends it: the batch somewhere inside. */
function message(seal: string, texts: readonly string[], room = "user:{alice}"): Buffer {
  const data = `["${BATCH_PACKET}",${seal},[${texts.join(",")}]]`;
  return Buffer.from(`{"opts":${JSON.stringify({ rooms: [room] })},"packet":{"data":${data}}}`);
}

const textsOf = (events: readonly (readonly unknown[])[]) => events.map((e) => JSON.stringify(e));
const sizesOf = (texts: readonly string[]) => texts.map((text) => Buffer.byteLength(text));

test("property: what is passed on unread is what reading and writing it again would give", () => {
  fc.assert(
    fc.property(batch, ({ first, events, room }) => {
      const texts = textsOf(events);
      const raw = message(sealText({ first, at: AT, bytes: sizesOf(texts) }), texts, room);
      const unsealed = unseal(raw)!;
      const read = texts.map((text) => JSON.parse(text)) as AnyEvent[];
      const written = Encoded.of(
        read.map(([name, body]) => ({ name, body })),
        "socket.io",
      );
      const verbatim = new Encoded(unsealed.events, "socket.io");
      expect(JSON.parse(unsealed.envelope)).toEqual({
        opts: { rooms: [room] },
        packet: { data: [BATCH_PACKET] },
      });
      expect(unsealed.events.events).toEqual(read);
      expect(verbatim.frame.equals(written.frame)).toBe(true);
      expect(verbatim.texts).toEqual(written.texts);
      expect([verbatim.count, verbatim.bytes]).toEqual([written.count, written.bytes]);
      expect(unsealed.events.links.map(({ seq }) => seq)).toEqual(events.map((_, i) => first + i));
      expect(unsealed.events.named(new Set(["order:filled"]))).toEqual(
        read.filter(([name]) => name === "order:filled"),
      );
    }),
  );
});

test("a frame's length takes two, four or ten bytes of header", () => {
  for (const length of [1, 110, 65_520, 70_000]) {
    const texts = textsOf([["order:filled", { reason: "x".repeat(length) }]]);
    const sealed = unseal(
      message(sealText({ first: 1, at: AT, bytes: sizesOf(texts) }), texts),
    )!.events;
    const [name, body] = JSON.parse(texts[0]!);
    expect(sealed.frames().equals(Encoded.of([{ name, body }], "socket.io").frame)).toBe(true);
  }
});

describe("a message is left to the adapter's own reading", () => {
  const texts = textsOf([
    ["order:filled", { seq: 1 }],
    ["order:filled", { seq: 2 }],
  ]);
  const [one, two] = sizesOf(texts) as [number, number];
  test.each([
    ["that has no seal", Buffer.from(`{"packet":{"data":["${BATCH_PACKET}",[${texts}]]}}`)],
    [
      "whose seal counts too few events",
      message(sealText({ first: 1, at: AT, bytes: [one] }), texts),
    ],
    [
      "whose seal counts too many",
      message(sealText({ first: 1, at: AT, bytes: [one, two, 9] }), texts),
    ],
    [
      "whose seal measures wrongly",
      message(sealText({ first: 1, at: AT, bytes: [one - 1, two] }), texts),
    ],
    ["that only quotes one", Buffer.from(JSON.stringify({ x: `["${BATCH_PACKET}",{"first":1}` }))],
  ])("%s", (_, raw) => expect(unseal(raw)).toBeNull());
});
