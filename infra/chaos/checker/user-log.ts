import type { Delivery, Json, StoredUser } from "../evidence.ts";

/** A user's event log, read once for all checks. */
export interface UserLog {
  readonly stored: StoredUser;
  /** In order of the log: `events[seq - 1]` has number `seq`, unless `check-log` says otherwise. */
  readonly events: readonly Delivery[];
  /** Events of each order, in order. */
  readonly byOrder: ReadonlyMap<string, readonly Delivery[]>;
  /** Ids of the orders that carry a client order id. */
  readonly byClientOrderId: ReadonlyMap<string, ReadonlySet<string>>;
}

export function readLog(stored: StoredUser): UserLog {
  const events = stored.events.map(([, text]) => JSON.parse(text) as Delivery);
  const byOrder = new Map<string, Delivery[]>();
  const byClientOrderId = new Map<string, Set<string>>();
  for (const event of events) {
    const order: Json = event[1].order;
    if (order === undefined) continue;
    byOrder.set(order.id, [...(byOrder.get(order.id) ?? []), event]);
    const ids = byClientOrderId.get(order.clientOrderId) ?? new Set();
    byClientOrderId.set(order.clientOrderId, ids.add(order.id));
  }
  return { stored, events, byOrder, byClientOrderId };
}
