import type { DialectName } from "@mirrorbook/protocol";
import type { Subscription } from "./audience.ts";
import type { Rope } from "./packet.ts";
import type { Counter, Identity, Member, Transport } from "./types.ts";
import type { Wire } from "./wires.ts";

export type MutableCounter = { -readonly [K in keyof Counter]: Counter[K] };

const NO_TOPICS: ReadonlySet<string> = new Set();

/** The hub's side of a connection: its identity, its rooms, and what it is owed in this tick. */
export class HubMember implements Member {
  readonly id: string;
  readonly wire: Wire;
  userId: string | null;
  roles: readonly string[];
  dialect: DialectName;
  topics: ReadonlySet<string> = NO_TOPICS;
  readonly subscriptions = new Map<string, Subscription>();

  /** What leaves with the next flush. */
  pending: Rope | null = null;
  /** When it fell behind, on the monotonic clock; `null` while it keeps up. */
  slowSinceMs: number | null = null;
  /** Where its deliveries are counted; kept by `Counters`. */
  counter: MutableCounter | null = null;
  /** Told to go: it gets nothing more. */
  closing = false;

  deliveredMessages = 0;
  deliveredBytes = 0;
  conflatedPackets = 0;

  constructor(id: string, wire: Wire, { userId, roles, dialect }: Identity) {
    this.id = id;
    this.wire = wire;
    this.userId = userId;
    this.roles = roles;
    this.dialect = dialect;
  }

  get transport(): Transport {
    return this.wire.transport;
  }

  get slow(): boolean {
    return this.slowSinceMs !== null;
  }

  rooms(): Iterable<string> {
    return this.subscriptions.keys();
  }

  backlogBytes(): number {
    return this.wire.backlogBytes();
  }
}
