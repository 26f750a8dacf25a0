import { createRequire } from "node:module";

/** Stands for text that is not JSON; no message of Binance looks like it, so every parser refuses it. */
export const NOT_JSON = "not JSON";

interface JsonBigint {
  parse(text: string): unknown;
}

/**
 * Makes binance-api-node parse with `JSON.parse`, and hand over `NOT_JSON` instead of throwing.
 *
 * The library parses every message with json-bigint inside the socket's own event handler, before we see it. A text that
 * is not JSON throws there, where nobody can catch it, and ends the process. That parser also takes five times as long as
 * `JSON.parse` on recorded depth events and turns whole numbers of 16 digits into objects, though all ids here fit a
 * number.
 * The library looks `parse` up at each call and nothing else depends on json-bigint, so exchanging it is the smallest
 * way; the feed's tests send text that is not JSON, so a version of the library that parses otherwise is noticed.
 */
export function makeLibraryJsonTolerant(): void {
  const require = createRequire(import.meta.url);
  const jsonBigint = createRequire(require.resolve("binance-api-node"))(
    "json-bigint",
  ) as JsonBigint;
  jsonBigint.parse = (text) => {
    try {
      return JSON.parse(text);
    } catch {
      return NOT_JSON;
    }
  };
}
