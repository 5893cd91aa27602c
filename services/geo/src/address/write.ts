import type { Address } from "./address.ts";

const HEX = Buffer.from("0123456789abcdef");
const DOT = 0x2e;
const COLON = 0x3a;
const SLASH = 0x2f;

/** The longest output of `writeNetwork`, in bytes: eight groups of four digits and `/128`. */
export const NETWORK_TEXT_BYTES_MAX = 43;

/** Writes the canonical text of RFC 5952 at `position` and returns where it ends. */
export function writeAddress(address: Address, out: Uint8Array, position: number): number {
  return address.isIpv4
    ? writeIpv4(address.words[3] as number, out, position)
    : writeIpv6(address.words, out, position);
}

/** Writes `address/prefixLength` at `position` and returns where it ends. The address is already masked. */
export function writeNetwork(
  address: Address,
  prefixLength: number,
  out: Uint8Array,
  position: number,
): number {
  const slash = writeAddress(address, out, position);
  out[slash] = SLASH;
  return writeDecimal(prefixLength, out, slash + 1);
}

/** The canonical text of an address. For messages and tests: the lookup path writes bytes. */
export function formatAddress(address: Address): string {
  const out = Buffer.allocUnsafe(NETWORK_TEXT_BYTES_MAX);
  return out.toString("latin1", 0, writeAddress(address, out, 0));
}

function writeIpv4(value: number, out: Uint8Array, start: number): number {
  let position = writeDecimal(value >>> 24, out, start);
  for (let shift = 16; shift >= 0; shift -= 8) {
    out[position++] = DOT;
    position = writeDecimal((value >>> shift) & 255, out, position);
  }
  return position;
}

function writeDecimal(value: number, out: Uint8Array, start: number): number {
  let position = start;
  if (value >= 100) out[position++] = 0x30 + ((value / 100) | 0);
  if (value >= 10) out[position++] = 0x30 + (((value / 10) | 0) % 10);
  out[position++] = 0x30 + (value % 10);
  return position;
}

function writeIpv6(words: Uint32Array, out: Uint8Array, start: number): number {
  const gap = longestZeroRun(words);
  const gapStart = gap >> 4;
  const gapEnd = gapStart + (gap & 15);
  let position = start;
  for (let i = 0; i < 8; i++) {
    if (i >= gapStart && i < gapEnd) {
      if (i === gapStart) out[position++] = COLON;
      if (i === 7) out[position++] = COLON;
      continue;
    }
    if (i > 0) out[position++] = COLON;
    position = writeHex(group(words, i), out, position);
  }
  return position;
}

/** The first longest run of two or more zero groups (RFC 5952 section 4.2) as `start * 16 + length`. */
function longestZeroRun(words: Uint32Array): number {
  let best = 0;
  let bestLength = 1;
  let length = 0;
  for (let i = 0; i < 8; i++) {
    length = group(words, i) === 0 ? length + 1 : 0;
    if (length > bestLength) {
      bestLength = length;
      best = (i + 1 - length) * 16 + length;
    }
  }
  return best;
}

function group(words: Uint32Array, index: number): number {
  const word = words[index >> 1] as number;
  return (index & 1) === 0 ? word >>> 16 : word & 0xffff;
}

function writeHex(value: number, out: Uint8Array, start: number): number {
  let position = start;
  if (value > 0xfff) out[position++] = HEX[value >> 12] as number;
  if (value > 0xff) out[position++] = HEX[(value >> 8) & 15] as number;
  if (value > 0xf) out[position++] = HEX[(value >> 4) & 15] as number;
  out[position++] = HEX[value & 15] as number;
  return position;
}
