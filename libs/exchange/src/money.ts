/** Exact amounts. Whole ticks and lots become decimals here and nowhere else. */
import { Amount, formatUnits } from "@mirrorbook/kernel";
import { AMOUNT_DECIMALS } from "./limits.ts";

export const ZERO = new Amount(0);

/** Exact decimal of `units` × 10^-decimals. */
export function amountOf(units: number, decimals: number): Amount {
  return new Amount(formatUnits(units, decimals));
}

/** Exact product of two whole numbers, × 10^-decimals. */
export function productOf(left: number, right: number, decimals: number): Amount {
  const product = left * right;
  if (Number.isSafeInteger(product)) return amountOf(product, decimals);
  return new Amount((BigInt(left) * BigInt(right)).toString()).mul(Amount.pow(10, -decimals));
}

/** Fee on `amount`, rounded up at the last decimal an amount can have: in favour of the venue. */
export function feeOf(amount: Amount, rate: Amount): Amount {
  if (rate.isZero()) return ZERO;
  const fee = amount.mul(rate);
  return fee.dp() <= AMOUNT_DECIMALS ? fee : fee.toDP(AMOUNT_DECIMALS, Amount.ROUND_UP);
}

export function rounded(amount: Amount): Amount {
  return amount.toDP(AMOUNT_DECIMALS);
}

/** Signed ratio in basis points or percent with two decimals. */
export function ratioText(part: Amount, whole: Amount, scale: number): string {
  return whole.isZero() ? "0.00" : part.mul(scale).div(whole).toFixed(2);
}
