import { createHash } from "node:crypto";
import { formatUnits } from "@mirrorbook/kernel";
import type { Book } from "./book.ts";
import type { BookSide } from "./types.ts";

const DIGEST_LEVELS = 20;
/** Binance writes every price and size with this many decimals. */
const WIRE_DECIMALS = 8;

/**
 * Returns the reference digest of the best 20 levels: the first 16 hex digits of SHA-256 over the lines
 * `b,<price>,<size>` and `a,<price>,<size>`, best first, numbers as Binance writes them, each line ended by a newline.
 */
export function digest20(book: Book): string {
  const hash = createHash("sha256");
  for (const side of ["bid", "ask"] as const) hash.update(sideLines(book, side));
  return hash.digest("hex").slice(0, 16);
}

function sideLines(book: Book, side: BookSide): string {
  return book
    .top(side, DIGEST_LEVELS)
    .map(([price, size]) => {
      const priceText = wireText(price, book.priceDecimals);
      return `${side[0]},${priceText},${wireText(size, book.sizeDecimals)}\n`;
    })
    .join("");
}

/** Pads the text rather than scaling the number, which might leave the safe integers. */
function wireText(units: number, decimals: number): string {
  const text = formatUnits(units, decimals);
  if (decimals >= WIRE_DECIMALS) return text;
  return `${decimals === 0 ? `${text}.` : text}${"0".repeat(WIRE_DECIMALS - decimals)}`;
}
