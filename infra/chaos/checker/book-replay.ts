/**
 * Replays the frames of one book as one client gets them, taking nothing for granted: every change must follow the one
 * before, and after every frame the checksum is computed anew from the levels.
 */
import { crc32 } from "node:zlib";
import type { BookEvidence, Json } from "../evidence.ts";

const CHECKSUM_LEVELS = 10;
const FAULTS_KEPT_MAX = 20;

type Level = readonly [price: string, size: string];

export class BookReplay {
  readonly checksums = new Map<number, number>();
  readonly faults: string[] = [];
  frames = 0;
  #seq: number | null = null;
  #bids = new Map<string, string>();
  #asks = new Map<string, string>();

  /** A new connection: the next frame must be a snapshot. */
  restart(): void {
    this.#seq = null;
  }

  take(name: "orderbook:snapshot" | "orderbook:update", frame: Json): void {
    this.frames += 1;
    if (name === "orderbook:snapshot") {
      this.#bids.clear();
      this.#asks.clear();
    } else if (this.#seq === null) {
      this.#fault(`change ${frame.seq} came before a snapshot`);
      return;
    } else if (frame.prevSeq !== this.#seq) {
      this.#fault(`change ${frame.seq} follows ${frame.prevSeq}, but the book is at ${this.#seq}`);
    }
    this.#seq = frame.seq;
    this.#bids = applied(this.#bids, frame.bids, frame.depth, -1);
    this.#asks = applied(this.#asks, frame.asks, frame.depth, 1);
    const computed = checksumOf([...this.#bids], [...this.#asks]);
    this.checksums.set(frame.seq, computed);
    if (computed !== frame.checksum) {
      this.#fault(`the checksum of ${frame.seq} is ${computed}, not ${frame.checksum}`);
    }
    const [bid] = this.#bids.keys();
    const [ask] = this.#asks.keys();
    if (bid !== undefined && ask !== undefined && Number(bid) >= Number(ask)) {
      this.#fault(`crossed at ${frame.seq}: ${bid} and ${ask}`);
    }
  }

  evidence(client: string, book: string): BookEvidence {
    const { frames, faults, checksums } = this;
    return { client, book, frames, faults, checksums };
  }

  #fault(fault: string): void {
    if (this.faults.length < FAULTS_KEPT_MAX) this.faults.push(fault);
  }
}

function applied(
  side: Map<string, string>,
  changes: readonly Level[],
  depth: number,
  direction: 1 | -1,
) {
  for (const [price, size] of changes) {
    if (Number(size) === 0) side.delete(price);
    else side.set(price, size);
  }
  const sorted = [...side].sort(([a], [b]) => direction * (Number(a) - Number(b)));
  return new Map(sorted.slice(0, depth));
}

/** CRC-32 of "bid:size:ask:size" per rank, best first, as docs/protocol.md has it. */
function checksumOf(bids: readonly Level[], asks: readonly Level[]): number {
  const parts: string[] = [];
  for (let rank = 0; rank < CHECKSUM_LEVELS; rank++) {
    parts.push(...(bids[rank] ?? []), ...(asks[rank] ?? []));
  }
  return crc32(parts.join(":"));
}
