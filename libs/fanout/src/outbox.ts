import type { Counters } from "./counters.ts";
import type { HubMember } from "./member.ts";
import type { Encoded, Packet } from "./packet.ts";

/** What members are owed in this turn of the loop; all that one of them gets leaves in one write. */
export class Outbox {
  readonly #counters: Counters;
  readonly #conflateAboveBytes: number;
  readonly #onBacklog: (member: HubMember, backlogBytes: number) => void;
  #owed: HubMember[] = [];

  /** `onBacklog` hears of members with more than `conflateAboveBytes` waiting. */
  constructor(
    counters: Counters,
    conflateAboveBytes: number,
    onBacklog: (member: HubMember, backlogBytes: number) => void,
  ) {
    this.#counters = counters;
    this.#conflateAboveBytes = conflateAboveBytes;
    this.#onBacklog = onBacklog;
  }

  /** Owes a member what its dialect and its topics leave of a packet. */
  put(member: HubMember, packet: Packet): void {
    const encoded = packet.encoded(member.dialect, member.wire.format, member.topics);
    if (encoded !== null) this.owe(member, encoded);
  }

  owe(member: HubMember, encoded: Encoded): void {
    if (member.closing) return;
    if (member.pending !== null) {
      member.pending = member.pending.append(encoded);
      return;
    }
    member.pending = encoded.rope;
    // After the poll phase: all that arrived from Redis in this turn of the loop leaves together.
    if (this.#owed.length === 0) setImmediate(() => this.#flushAll());
    this.#owed.push(member);
  }

  flush(member: HubMember): void {
    const rope = member.pending;
    if (rope === null) return;
    member.pending = null;
    const backlogBytes = member.wire.write(rope);
    this.#counters.count(member, rope);
    if (backlogBytes > this.#conflateAboveBytes) this.#onBacklog(member, backlogBytes);
  }

  #flushAll(): void {
    const owed = this.#owed;
    this.#owed = [];
    for (const member of owed) this.flush(member);
  }
}
