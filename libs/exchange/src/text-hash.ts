/**
 * 64-bit hash of a text, as hex: two lanes of FNV-1a over UTF-16 units with different primes, mixed at the end.
 *
 * It tells whether a client sent the same command again, so a collision can only fool the one who made it. A cryptographic
 * hash would cost a twentieth of a whole market order.
 */
export function textHash(text: string): string {
  let left = 0x811c9dc5;
  let right = 0x1b873593;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    left = Math.imul(left ^ unit, 0x01000193);
    right = Math.imul(right ^ unit, 0x85ebca6b);
  }
  left = mixed(left ^ (right >>> 15));
  right = mixed(right ^ (left >>> 13));
  return hex(left) + hex(right);
}

function mixed(lane: number): number {
  const half = Math.imul(lane ^ (lane >>> 16), 0xc2b2ae35);
  return (half ^ (half >>> 13)) >>> 0;
}

function hex(lane: number): string {
  return lane.toString(16).padStart(8, "0");
}
