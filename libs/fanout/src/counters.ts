import type { HubMember, MutableCounter } from "./member.ts";
import type { Rope } from "./packet.ts";
import type { Counter } from "./types.ts";

/** Totals per dialect and transport. */
export class Counters {
  readonly #counters = new Map<string, MutableCounter>();

  all(): readonly Counter[] {
    return [...this.#counters.values()];
  }

  of({ dialect, transport }: HubMember): MutableCounter {
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

  count(member: HubMember, { messages, bytes }: Rope): void {
    member.deliveredMessages += messages;
    member.deliveredBytes += bytes;
    const counter = this.of(member);
    counter.messages += messages;
    counter.bytes += bytes;
    counter.writes++;
  }
}
