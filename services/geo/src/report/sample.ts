import type { Address } from "../address/address.ts";
import { newStep, type Walk } from "./walk.ts";

/** Every fifth address of a sample is of IPv6. */
const IPV6_EVERY = 5;
/** Of IPv6 about one address of two thousand is announced. */
const TRIES_PER_ADDRESS_MAX = 100_000;

/** Numbers below 2^32 that are the same for the same seed (xorshift of 32 bits, by Marsaglia). */
export function seededNumbers(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
}

/**
 * Addresses at random, the same for the same seed, of those that are announced and, where nobody knows what is, that have a place.
 * They are fewer than `count` where datasets know too little of a family.
 */
export function sampleAddresses(walk: Walk, count: number, seed: number): Address[] {
  const next = seededNumbers(seed);
  const found: Address[] = [];
  for (let i = 0; i < count; i++) {
    const address = pick(walk, i % IPV6_EVERY !== 0, next);
    if (address !== undefined) found.push(address);
  }
  return found;
}

function pick(walk: Walk, isIpv4: boolean, next: () => number): Address | undefined {
  const step = newStep();
  const { first } = step;
  for (let tries = 0; tries < TRIES_PER_ADDRESS_MAX; tries++) {
    if (isIpv4) first.setIpv4(next());
    else {
      first.isIpv4 = false;
      // 2000::/3
      first.words.set([(0x20000000 | (next() >>> 3)) >>> 0, next(), next(), next()]);
    }
    walk.ask(step);
    const isAnnounced = walk.knowsSystems ? step.systemNumber !== undefined : step.place;
    if (!step.isSpecial && isAnnounced) return first;
  }
  return undefined;
}
