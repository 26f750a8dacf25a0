import { formatUnits } from "@mirrorbook/kernel";

const WIRE_DECIMALS = 8;

/** Whole units of 10^-decimals as Binance writes them: exactly 8 decimals, no exponent. */
export function wireDecimal(units: number, decimals: number): string {
  const padding = "0".repeat(WIRE_DECIMALS - decimals);
  return decimals === 0 ? `${units}.${padding}` : formatUnits(units, decimals) + padding;
}
