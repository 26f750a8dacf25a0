import { addToBar, type Bar, type Fill, quietBar } from "./bar.ts";

/** Bars from before the series began, as far back as `earliestMs`. */
export interface PastBars {
  readonly earliestMs: number;
  at(openTimeMs: number): Bar;
}

/** Bars of one fixed length, without holes: the last `barsMax` live ones, and a computed past before them if there is one. */
export class BarSeries {
  private readonly lengthMs: number;
  private readonly barsMax: number;
  private readonly past: PastBars | undefined;
  private readonly live: Bar[] = [];

  constructor(lengthMs: number, barsMax: number, past?: PastBars) {
    this.lengthMs = lengthMs;
    this.barsMax = barsMax;
    this.past = past;
  }

  /** Opens the series with a bar that is already under way. */
  begin(bar: Bar): void {
    this.live.push(bar);
  }

  /** Adds what `trades` trades filled; later than everything before. */
  add(fill: Fill, trades: number): void {
    if (this.live.length === 0) this.live.push(quietBar(this.openTime(fill.timeMs), fill.price));
    this.fillTo(fill.timeMs);
    addToBar(this.live.at(-1)!, fill, trades);
  }

  /** Bars that open in [fromMs, toMs], oldest first; spans without trades included. */
  between(fromMs: number, toMs: number): Bar[] {
    const first = this.live[0];
    if (first === undefined) return [];
    this.fillTo(toMs);
    const bars: Bar[] = [];
    const earliestMs = this.past?.earliestMs ?? first.openTimeMs;
    const startMs = Math.max(earliestMs, Math.ceil(fromMs / this.lengthMs) * this.lengthMs);
    for (
      let openMs = startMs;
      openMs < first.openTimeMs && openMs <= toMs;
      openMs += this.lengthMs
    ) {
      bars.push(this.past!.at(openMs));
    }
    const skip = Math.max(0, Math.ceil((fromMs - first.openTimeMs) / this.lengthMs));
    for (let i = skip; i < this.live.length && this.live[i]!.openTimeMs <= toMs; i++) {
      bars.push(this.live[i]!);
    }
    return bars;
  }

  get earliestMs(): number {
    return this.past?.earliestMs ?? this.live[0]?.openTimeMs ?? 0;
  }

  private openTime(timeMs: number): number {
    return Math.floor(timeMs / this.lengthMs) * this.lengthMs;
  }

  private fillTo(timeMs: number): void {
    const target = this.openTime(timeMs);
    let last = this.live.at(-1)!;
    const missing = (target - last.openTimeMs) / this.lengthMs;
    if (missing > this.barsMax) {
      this.live.length = 0;
      last = quietBar(target - this.barsMax * this.lengthMs, last.close);
      this.live.push(last);
    }
    while (last.openTimeMs < target) {
      last = quietBar(last.openTimeMs + this.lengthMs, last.close);
      this.live.push(last);
    }
    // Dropping in blocks keeps the cost of a full series low.
    if (this.live.length > this.barsMax * 1.1) this.live.splice(0, this.live.length - this.barsMax);
  }
}
