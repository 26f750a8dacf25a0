import { describe, expect, test } from "@jest/globals";
import type { UserCommit } from "@mirrorbook/exchange";
import { eventually } from "@mirrorbook/testkit";
import {
  BATCHES_UNDER_WAY_MAX,
  type Batch,
  CommitLine,
  type LineBreak,
} from "../src/commit-line.ts";
import type { Reply, TermStore } from "../src/ports.ts";

const reply = (requestId: number): Reply => ({
  replyTo: "gateway-1",
  requestId,
  answer: { ok: true, value: null },
});
const commitOf = (userId: string) => ({ userId, version: 0 }) as UserCommit;

function batch(fields: Partial<Batch> = {}): Batch {
  return {
    held: [],
    openOrders: new Map(),
    commits: [],
    rooms: [],
    portfolios: [],
    replies: [],
    tape: [],
    lastCommandId: null,
    spans: [],
    ...fields,
  };
}
const taking = (userId: string, requestId: number) =>
  batch({
    held: [{ symbol: "BTCUSDT", scope: "global", side: "ask", price: "1", size: "1" }],
    openOrders: new Map([[userId, true]]),
    commits: [commitOf(userId)],
    replies: [reply(requestId)],
  });

/** A line on a store that does nothing until the test lets it, and remembers what was asked of it in order. */
function startLine() {
  const calls: string[] = [];
  const open = new Map<string, PromiseWithResolvers<unknown>>();
  const call = (name: string) => {
    calls.push(name);
    const waiting = Promise.withResolvers<unknown>();
    open.set(name, waiting);
    return waiting.promise as Promise<never>;
  };
  const store = {
    writeHeld: () => call(`held`),
    writeOpenOrders: (changes: Map<string, boolean>) => call(`index ${[...changes.keys()]}`),
    commit: ({ userId }: UserCommit) => call(`commit ${userId}`),
    answer: (replies: readonly Reply[]) => call(`answer ${replies.map((r) => r.requestId)}`),
  } as unknown as TermStore;
  const breaks: LineBreak[] = [];
  const committed: Batch[] = [];
  const line = new CommitLine(store, () => 0, {
    onCommitted: (done) => committed.push(done),
    onRoom: () => {},
    onBreak: (reason) => breaks.push(reason),
  });
  /** Lets calls have their result once they are made. */
  const let_ = async (name: string, result: unknown = { kind: "written" }) => {
    await eventually(() => expect(open.has(name)).toBe(true));
    open.get(name)!.resolve(result);
    open.delete(name);
    await new Promise((resolve) => setImmediate(resolve));
  };
  const fail = async (name: string, error: Error) => {
    await eventually(() => expect(open.has(name)).toBe(true));
    open.get(name)!.reject(error);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { line, calls, breaks, committed, settle: let_, fail };
}
const COMMITTED = { kind: "committed" };

describe("a batch", () => {
  test("is answered after its commits, which are sent after its fences are confirmed", async () => {
    const { line, calls, settle, committed } = startLine();
    line.submit(taking("alice", 1));
    expect(calls).toEqual(["held", "index alice"]);
    await settle("held");
    expect(calls).toHaveLength(2);
    await settle("index alice");
    expect(calls.slice(2)).toEqual(["commit alice"]);
    expect(committed).toHaveLength(0);
    await settle("commit alice", COMMITTED);
    expect(calls.slice(3)).toEqual(["answer 1"]);
    expect(committed).toHaveLength(1);
  });

  test("is sent while the one before is under way, but never before it", async () => {
    const { line, calls, settle } = startLine();
    line.submit(taking("alice", 1));
    line.submit(batch({ commits: [commitOf("bob")], replies: [reply(2)] }));
    await new Promise((resolve) => setImmediate(resolve));
    expect(calls).not.toContain("commit bob");
    await settle("held");
    await settle("index alice");
    expect(calls.slice(2)).toEqual(["commit alice", "commit bob"]);
  });

  test("is not told as durable before the one before is", async () => {
    const { line, settle, committed, calls } = startLine();
    line.submit(batch({ commits: [commitOf("alice")], replies: [reply(1)] }));
    line.submit(batch({ commits: [commitOf("bob")], replies: [reply(2)] }));
    await settle("commit bob", COMMITTED);
    expect(committed).toHaveLength(0);
    await settle("commit alice", COMMITTED);
    await settle("answer 1");
    expect(calls).toContain("answer 2");
  });
});

describe("the line breaks, once, and sends and answers nothing more,", () => {
  test("when a fence was raised by another", async () => {
    const { line, calls, settle, breaks } = startLine();
    line.submit(taking("alice", 1));
    line.submit(taking("bob", 2));
    await settle("index alice");
    await settle("index bob");
    await settle("held", { kind: "deposed" });
    await line.idle();
    expect(breaks).toEqual([{ kind: "deposed" }]);
    expect(calls.filter((call) => !/^(held|index)/.test(call))).toEqual([]);
  });

  test("when a commit is refused", async () => {
    const { line, calls, settle, breaks } = startLine();
    line.submit(batch({ commits: [commitOf("alice"), commitOf("bob")], replies: [reply(1)] }));
    await settle("commit alice", COMMITTED);
    await settle("commit bob", { kind: "refused" });
    line.submit(batch({ commits: [commitOf("carol")] }));
    await line.idle();
    expect(breaks).toEqual([{ kind: "refused", userId: "bob", version: 0 }]);
    expect(calls).toEqual(["commit alice", "commit bob"]);
  });

  test("when the store does not answer", async () => {
    const { line, calls, fail, breaks } = startLine();
    const error = new Error("Command timed out");
    line.submit(batch({ commits: [commitOf("alice")], replies: [reply(1)] }));
    await fail("commit alice", error);
    await line.idle();
    expect(breaks).toEqual([{ kind: "store_failed", error }]);
    expect(calls).toEqual(["commit alice"]);
  });
});

test("a full line says so, and makes room when a batch is done or the line breaks", async () => {
  const { line, settle } = startLine();
  for (let i = 0; i < BATCHES_UNDER_WAY_MAX; i++) {
    line.submit(batch({ commits: [commitOf(`user-${i}`)] }));
  }
  expect(line.full).toBe(true);
  let roomy = false;
  void line.room().then(() => {
    roomy = true;
  });
  await settle("commit user-0", COMMITTED);
  expect(roomy).toBe(false);
  await settle("answer ", undefined);
  expect(roomy).toBe(true);
  expect(line.full).toBe(false);
});
