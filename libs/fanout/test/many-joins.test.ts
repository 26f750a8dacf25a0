/** Ten thousand joins, each followed at once by an event from another node: none is lost (ARCHITECTURE 11, "join race"). */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "@jest/globals";
import { rooms } from "@mirrorbook/protocol";
import { eventually } from "@mirrorbook/testkit";
import { type Client, type Node, startCluster } from "./support/cluster.ts";
import { tapeEvent } from "./support/events.ts";

const JOINS = 10_000;
/** Joins under way at a time. */
const AT_ONCE = 500;
const NODES = 2;
const CLIENTS_PER_NODE = 10;
/** What is sent without waiting is lost or arrives within this. */
const ARRIVES_WITHIN_MS = 500;

const roomOf = (join: number) => rooms.tape(`PAIR${join}USDT`);

/** Joins room after room; the moment each join is done, as the caller sees it, another process's event is sent to it. */
async function lostEvents(joins: number, waitsForConfirmation: boolean): Promise<number> {
  await using cluster = await startCluster();
  const places: { node: Node; client: Client }[] = [];
  for (let i = 0; i < NODES * CLIENTS_PER_NODE; i++) {
    const node = i % CLIENTS_PER_NODE === 0 ? await cluster.node() : places.at(-1)!.node;
    places.push({ node, client: await cluster.socketIo(node) });
  }
  const received = () => places.reduce((sum, { client }) => sum + client.messages.length, 0);

  for (let first = 0; first < joins; first += AT_ONCE) {
    const chunk = Array.from({ length: Math.min(AT_ONCE, joins - first) }, (_, i) => first + i);
    await Promise.all(
      chunk.map(async (join) => {
        const { node, client } = places[join % places.length]!;
        const confirmed = node.hub.join(client.member, [roomOf(join)]);
        if (waitsForConfirmation) await confirmed;
        cluster.leader.publish(roomOf(join), [tapeEvent(join + 1)]);
        await confirmed;
      }),
    );
    const due = first + chunk.length;
    if (waitsForConfirmation) await eventually(() => expect(received()).toBe(due));
    for (const join of chunk) {
      const { node, client } = places[join % places.length]!;
      node.hub.leave(client.member, [roomOf(join)]);
    }
  }
  if (!waitsForConfirmation) await sleep(ARRIVES_WITHIN_MS);
  return joins - received();
}

test("10,000 joins, each followed at once by an event from another node: none lost", async () => {
  expect(await lostEvents(JOINS, true)).toBe(0);
}, 60_000);

test("the negative twin: joins that are not waited for lose events", async () => {
  expect(await lostEvents(JOINS / 10, false)).toBeGreaterThan(0);
}, 60_000);
