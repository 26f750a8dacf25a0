/** Decimal text as whole numbers of 10^-36: exact sums without the exchange's own arithmetic. */
const SCALE = 36;
const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?$/;

/** @throws {Error} when `text` is not decimal text or finer than 36 digits: then nothing could be proved. */
export function amount(text: string): bigint {
  const [, sign, whole, fraction = ""] = DECIMAL.exec(text) ?? [];
  if (whole === undefined || fraction.length > SCALE) throw new Error(`no decimal text: ${text}`);
  const units = BigInt(whole + fraction.padEnd(SCALE, "0"));
  return sign === "-" ? -units : units;
}

/** The product of two decimal texts, in the same unit. */
export function product(left: string, right: string): bigint {
  return (amount(left) * amount(right)) / 10n ** BigInt(SCALE);
}

export function text(units: bigint): string {
  const digits = (units < 0n ? -units : units).toString().padStart(SCALE + 1, "0");
  const fraction = digits.slice(-SCALE).replace(/0+$/, "");
  const whole = digits.slice(0, -SCALE);
  return `${units < 0n ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`;
}

/** Sums by name. */
export class Sums {
  readonly #sums = new Map<string, bigint>();

  add(name: string, units: bigint): void {
    this.#sums.set(name, this.of(name) + units);
  }

  of(name: string): bigint {
    return this.#sums.get(name) ?? 0n;
  }

  [Symbol.iterator](): IterableIterator<[string, bigint]> {
    return this.#sums.entries();
  }
}
