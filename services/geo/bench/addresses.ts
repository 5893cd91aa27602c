/** A seeded generator of 32-bit numbers (xorshift), so that every run asks for the same addresses. */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** IPv4 addresses, spread evenly over those that are not special-purpose. */
export function randomAddresses(count: number): string[] {
  const next = randomNumbers(88_172_645);
  return Array.from({ length: count }, () => {
    const value = next();
    const first = 1 + ((value >>> 24) % 222);
    return `${first === 10 || first === 127 ? 8 : first}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
  });
}

/** Addresses as a site sees them: 90 of 100 are of the same 2,000 visitors. */
export function skewedAddresses(count: number): string[] {
  const next = randomNumbers(2_463_534_242);
  const pool = randomAddresses(count);
  const visitors = pool.slice(0, 2_000);
  return pool.map((address) =>
    next() % 100 < 90 ? (visitors[next() % visitors.length] as string) : address,
  );
}
