import type { Address } from "../address/address.ts";

/** An address as a number of its family. For arithmetic outside the lookup path. */
export function addressNumber(address: Address): bigint {
  if (address.isIpv4) return BigInt(address.words[3] as number);
  return address.words.reduce((number, word) => (number << 32n) | BigInt(word), 0n);
}

/** Sets an address from a number: IPv4 below 2^32, IPv6 below 2^128. False for a larger number. */
export function addressFromNumber(number: bigint, address: Address): boolean {
  if (number >= 1n << 128n) return false;
  address.isIpv4 = number < 1n << 32n;
  for (let i = 0; i < 4; i++) {
    address.words[i] = Number((number >> BigInt(96 - 32 * i)) & 0xffffffffn);
  }
  return true;
}
