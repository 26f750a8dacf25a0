/** Many clients that follow books and count what they get, or note when it came; told what to do by IPC. */
import { setPriority } from "node:os";
import { RawClient } from "./raw-client.ts";

export interface Follow {
  readonly kind: "follow";
  readonly port: number;
  readonly clients: number;
  readonly symbols: readonly string[];
  /** Keep when each update came, for `receipts`. */
  readonly stamped: boolean;
  /** Of the process, as nice has it: -20 (first) to 19 (last). Below 0 only root may; others are left as they are. */
  readonly niceness?: number;
}

/** One received update: its `lastUpdateId`, and the wall clock in ms with fractions. */
export type Receipt = readonly [lastUpdateId: number, receivedAtMs: number];

export type FollowersRequest =
  | Follow
  | { readonly kind: "count" }
  | { readonly kind: "receipts" }
  | { readonly kind: "leave" };

const UPDATE = Buffer.from('42["orderbook:update"');
const LAST_UPDATE_ID = '"lastUpdateId":';
const AT_ONCE = 50;
const RECEIPTS_MAX = 200_000;

let followers: RawClient[] = [];
let count = 0;
let receipts: Receipt[] = [];

async function follow({ port, clients, symbols, stamped, niceness }: Follow): Promise<void> {
  if (niceness !== undefined) prefer(niceness);
  const onPacket = (data: Buffer, start: number): void => {
    if (data.compare(UPDATE, 0, UPDATE.length, start, start + UPDATE.length) !== 0) return;
    count += 1;
    if (!stamped || receipts.length >= RECEIPTS_MAX) return;
    const receivedAtMs = performance.timeOrigin + performance.now();
    const id = data.indexOf(LAST_UPDATE_ID, start) + LAST_UPDATE_ID.length;
    receipts.push([Number.parseInt(data.toString("latin1", id, id + 20), 10), receivedAtMs]);
  };
  const books = symbols.map((pair) => ({ channel: "orderbook", pair, depth: 20 }));
  const open = async () => {
    const client = await RawClient.open({ port, auth: {}, onPacket });
    client.send(`420["subscribe",${JSON.stringify(books)}]`);
    followers.push(client);
  };
  for (let left = clients; left > 0; left -= AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, left) }, open));
  }
}

function prefer(niceness: number): void {
  try {
    setPriority(niceness);
  } catch {
    console.error(
      `no right to run at niceness ${niceness}; the timed clients wait for a processor`,
    );
  }
}

async function answer(request: FollowersRequest): Promise<object> {
  switch (request.kind) {
    case "follow":
      await follow(request);
      return {};
    case "count":
      return { count };
    case "receipts": {
      const taken = receipts;
      receipts = [];
      return { receipts: taken };
    }
    case "leave":
      for (const follower of followers) follower.close();
      followers = [];
      return {};
  }
}

process.on("message", async (request: FollowersRequest) => {
  process.send?.(await answer(request));
});
process.on("disconnect", () => process.exit(0));
process.send?.({ ready: true });
