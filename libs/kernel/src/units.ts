declare const unit: unique symbol;

/** A price as a whole number of the market's smallest decimal unit, 10^-priceDecimals of the quote asset. */
export type Ticks = number & { readonly [unit]: "ticks" };
/** A size as a whole number of 10^-sizeDecimals of the base asset. */
export type Lots = number & { readonly [unit]: "lots" };

export type Side = "buy" | "sell";

export function opposite(side: Side): Side {
  return side === "buy" ? "sell" : "buy";
}
