/** A seeded generator of 32-bit numbers (xorshift), so that every run asks the same. */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** IPv4 addresses that are spread evenly over those that are not special-purpose. */
export function randomAddresses(count: number): string[] {
  const next = randomNumbers(88_172_645);
  return Array.from({ length: count }, () => {
    const value = next();
    const first = 1 + ((value >>> 24) % 222);
    return `${first === 10 || first === 127 ? 8 : first}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
  });
}

/** Addresses as visitors bring them: 90 of 100 come from 2,000 that come again and again. */
export function skewedAddresses(count: number): string[] {
  const next = randomNumbers(2_463_534_242);
  const pool = randomAddresses(count);
  const visitors = pool.slice(0, 2_000);
  return pool.map((address) =>
    next() % 100 < 90 ? (visitors[next() % visitors.length] as string) : address,
  );
}
