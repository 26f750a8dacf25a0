import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "@jest/globals";
import { rooms } from "@mirrorbook/protocol";
import { eventually } from "@mirrorbook/testkit";
import type { SubscriberClient } from "../src/index.ts";
import { type Client, seqs, startCluster } from "./support/cluster.ts";
import { tapeEvent } from "./support/events.ts";

const JOINS = 200;
const DELAY_MS = 20;

/** A subscriber on a slow path: SSUBSCRIBE is sent late. */
function delayed(client: SubscriberClient): SubscriberClient {
  return {
    ssubscribe: async (...channels) => {
      await sleep(DELAY_MS);
      return await client.ssubscribe(...channels);
    },
    sunsubscribe: (...channels) => client.sunsubscribe(...channels),
    on: (event, listener) => client.on(event, listener),
    off: (event, listener) => client.off(event, listener),
  };
}

const roomOf = (index: number) => rooms.tape(`PAIR${index}USDT`);

test("an event sent right after a confirmed join always arrives, however slow the subscription", async () => {
  await using cluster = await startCluster();
  const node = await cluster.node({ subscriber: delayed });
  const client = await cluster.socketIo(node);
  const joins = Array.from({ length: JOINS }, async (_, index) => {
    await node.hub.join(client.member, [roomOf(index)]);
    cluster.leader.publish(roomOf(index), [tapeEvent(index + 1)]);
  });
  await Promise.all(joins);
  await eventually(() => expect(client.messages).toHaveLength(JOINS));
});

/** The negative twin: without waiting, which is what `socket.join` of the stock adapter amounts to, events are lost. */
test("an event sent right after an unconfirmed join is lost", async () => {
  await using cluster = await startCluster();
  const node = await cluster.node({ subscriber: delayed });
  const client: Client = await cluster.socketIo(node);
  const joins = Array.from({ length: JOINS }, (_, index) => {
    const confirmed = node.hub.join(client.member, [roomOf(index)]);
    cluster.leader.publish(roomOf(index), [tapeEvent(index + 1)]);
    return confirmed;
  });
  await Promise.all(joins);
  cluster.leader.publish(roomOf(0), [tapeEvent(JOINS + 1)]);
  await eventually(() => expect(seqs(client)).toContain(JOINS + 1));
  expect(client.messages.length).toBeLessThan(JOINS);
});

test("a join that Redis does not confirm is refused and leaves nothing behind", async () => {
  await using cluster = await startCluster();
  const node = await cluster.node({
    limits: { joinTimeoutMs: 50 },
    subscriber: (client) => ({
      ssubscribe: () => new Promise(() => {}),
      sunsubscribe: async () => {},
      on: (event, listener) => client.on(event, listener),
      off: (event, listener) => client.off(event, listener),
    }),
  });
  const client = await cluster.socketIo(node);
  await expect(node.hub.join(client.member, [roomOf(1)])).rejects.toMatchObject({
    code: "UNAVAILABLE",
  });
  expect([...client.member.rooms()]).toEqual([]);
});

test("after Redis was away, subscriptions are confirmed again and the gateway is told", async () => {
  await using cluster = await startCluster();
  const node = await cluster.node();
  const client = await cluster.socketIo(node, { user: "alice" });
  await node.hub.join(client.member, [roomOf(1)]);
  await cluster.redis.kill();
  await cluster.redis.start();
  await eventually(() => expect(node.resubscribed).toBe(1));
  cluster.leader.publish(roomOf(1), [tapeEvent(7)]);
  await eventually(() => expect(seqs(client)).toContain(7));
});
