import type { DialectName } from "@mirrorbook/protocol";
import type { HubMember, MutableCounter } from "./member.ts";
import type { Rope } from "./packet.ts";
import type { Counter, Transport } from "./types.ts";

/** Totals per dialect and transport. */
export class Counters {
  readonly #counters = new Map<string, MutableCounter>();

  all(): readonly Counter[] {
    return [...this.#counters.values()];
  }

  /** The counter of what the member is now: its dialect and its transport may change. */
  of(member: HubMember): MutableCounter {
    const { counter, dialect, transport } = member;
    if (counter?.dialect === dialect && counter.transport === transport) return counter;
    member.counter = this.#find(dialect, transport);
    return member.counter;
  }

  count(member: HubMember, { messages, bytes }: Rope): void {
    member.deliveredMessages += messages;
    member.deliveredBytes += bytes;
    const counter = this.of(member);
    counter.messages += messages;
    counter.bytes += bytes;
    counter.writes++;
  }

  #find(dialect: DialectName, transport: Transport): MutableCounter {
    const key = `${dialect} ${transport}`;
    let counter = this.#counters.get(key);
    if (counter === undefined) {
      counter = {
        dialect,
        transport,
        messages: 0,
        bytes: 0,
        writes: 0,
        conflatedPackets: 0,
        slowDisconnects: 0,
      };
      this.#counters.set(key, counter);
    }
    return counter;
  }
}
