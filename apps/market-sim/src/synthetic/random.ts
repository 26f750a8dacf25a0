/** Taken once: these run millions of times, and a sandbox (Jest's) looks a global up anew at every use. */
const { PI, cos, exp, floor, imul, log, max, round, sqrt } = Math;

/** Turns text into a 32-bit number, evenly spread (FNV-1a). */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = imul(hash ^ text.charCodeAt(i), 0x01000193);
  return mix(hash);
}

function mix(value: number): number {
  let hash = value;
  hash = imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** A number in [0, 1) that depends on `seed` and `index` alone: randomness with random access. */
export function uniformAt(seed: number, index: number): number {
  const high = floor(index / 0x1_0000_0000);
  return mix(mix(index | 0) ^ mix(seed ^ imul(high, 0x9e3779b1))) / 0x1_0000_0000;
}

/** A standard normal number that depends on `seed` and `index` alone. */
export function normalAt(seed: number, index: number): number {
  return gaussian(1 - uniformAt(seed, index), uniformAt(seed ^ 0x5bd1e995, index));
}

function gaussian(radius: number, turn: number): number {
  return sqrt(-2 * log(radius)) * cos(2 * PI * turn);
}

/** Seeded random numbers (the sfc32 generator): the same seed gives the same sequence on every machine. */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  constructor(seed: string) {
    this.a = hashText(`${seed}/a`);
    this.b = hashText(`${seed}/b`);
    this.c = hashText(`${seed}/c`);
  }

  /** A number in [0, 1). */
  uniform(): number {
    const sum = (((this.a + this.b) | 0) + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 0x1_0000_0000;
  }

  chance(probability: number): boolean {
    return this.uniform() < probability;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.uniform();
  }

  normal(): number {
    return gaussian(1 - this.uniform(), this.uniform());
  }

  /** Median times e^(sigma z): the shape of most sizes and distances in a market. */
  logNormal(median: number, sigma: number): number {
    return median * exp(sigma * this.normal());
  }

  exponential(mean: number): number {
    return -mean * log(1 - this.uniform());
  }

  /** How many events fall into a span in which `mean` are expected; approximated by a normal above 30. */
  poisson(mean: number): number {
    if (mean > 30) return max(0, round(mean + sqrt(mean) * this.normal()));
    const floor = exp(-mean);
    let count = 0;
    for (let product = this.uniform(); product > floor; product *= this.uniform()) count++;
    return count;
  }
}
