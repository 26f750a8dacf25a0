import type { ClientEvidence, CommandAnswer, Delivery } from "../evidence.ts";

/** A client as the run drives it, whatever it is made of. */
export interface ChaosClient {
  readonly name: string;
  readonly userId: string;
  readonly evidence: ClientEvidence;
  /** When it was connected to which gateway, in order; `node` is `null` while it is connected to none. */
  readonly connections: readonly ConnectionChange[];
  /** Number of the last event it has dealt with. */
  readonly lastSeq: number;
  /** Sends one message and gives the answer; `null` when none came. May repeat by itself under the same key. */
  ask(message: string, body: object): Promise<CommandAnswer | null>;
  /** Loses its connection, as if its network went. */
  disconnect(): void;
  /** Stops reading for a while, if it can. */
  stopReading(ms: number): void;
  readonly isReading: boolean;
  close(): void;
}

export interface ConnectionChange {
  readonly atMs: number;
  readonly node: string | null;
}

export interface Account {
  readonly name: string;
  readonly userId: string;
  readonly token: string;
}

/** Keeps what a client was sent. */
export class ClientRecord implements ClientEvidence {
  readonly name: string;
  readonly userId: string;
  readonly since = 0;
  readonly events: Delivery[] = [];
  readonly resyncs: string[] = [];
  readonly connections: ConnectionChange[] = [];
  /** What it did to stay connected, for whoever looks into a failed run. */
  readonly trace: string[] = [];

  constructor({ name, userId }: Account) {
    this.name = name;
    this.userId = userId;
  }

  connected(node: string | null): void {
    if (this.connections.at(-1)?.node === node) return;
    this.connections.push({ atMs: performance.now(), node });
    this.note(node ?? "nowhere");
  }

  note(what: string): void {
    this.trace.push(`${Math.round(performance.now())} ${what}`);
  }
}

const USER_EVENT = /^(?:order|trade|balance|position|portfolio):/;

/** Whether an event is one of the user's numbered ones. */
export function isUserEvent(name: string, payload: unknown): boolean {
  return USER_EVENT.test(name) && typeof (payload as { seq?: unknown } | null)?.seq === "number";
}
