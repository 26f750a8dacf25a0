const SECOND_MS = 1_000;

/** The second asked for last, and the text of all but its milliseconds: times of inputs only creep on. */
let knownSecond = Number.NaN;
let knownText = "";

/** Returns the time as `Date.toISOString` does, which takes ten times as long. `atMs` is whole, from 1970 to 9999. */
export function timeText(atMs: number): string {
  const second = Math.floor(atMs / SECOND_MS);
  if (second !== knownSecond) {
    knownText = new Date(second * SECOND_MS).toISOString().slice(0, -"000Z".length);
    knownSecond = second;
  }
  return `${knownText}${String(atMs - second * SECOND_MS).padStart(3, "0")}Z`;
}
