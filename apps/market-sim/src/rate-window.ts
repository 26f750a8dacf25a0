/** Counts events in a sliding window of time. */
export class RateWindow {
  private readonly windowMs: number;
  private readonly max: number;
  private readonly times: number[] = [];

  constructor(max: number, windowMs: number) {
    this.max = max;
    this.windowMs = windowMs;
  }

  /** Records an event and tells whether it still fits into the limit. */
  admits(nowMs: number): boolean {
    while (this.times.length > 0 && this.times[0]! <= nowMs - this.windowMs) this.times.shift();
    if (this.times.length >= this.max) return false;
    this.times.push(nowMs);
    return true;
  }
}
