import { Address } from "./address.ts";

const DOT = 0x2e;
const COLON = 0x3a;
const ZERO = 0x30;
const GROUPS = 8;

/** The longest text of an address, in bytes: six groups and an embedded IPv4 address. */
export const ADDRESS_TEXT_BYTES_MAX = 45;

/**
 * Reads the text `bytes[start, end)` into `address`; false if the text is not an address, and `address` then holds
 * anything. Only full forms are accepted: four decimal parts without leading zeros, or the text of RFC 4291 section 2.2.
 * Zone ids, ports, prefix lengths, brackets and white space are refused. An IPv4-mapped IPv6 address becomes the IPv4
 * address.
 */
export function parseAddress(
  bytes: Uint8Array,
  start: number,
  end: number,
  address: Address,
): boolean {
  if (end - start > ADDRESS_TEXT_BYTES_MAX) return false;
  for (let i = start; i < end; i++) {
    const byte = bytes[i];
    if (byte === COLON) return parseIpv6(bytes, start, end, address);
    if (byte === DOT) break;
  }
  const value = parseIpv4(bytes, start, end);
  if (value < 0) return false;
  address.setIpv4(value);
  return true;
}

/** Reads an address from a string; undefined if it is not an address. For configuration and tests. */
export function addressFromText(text: string): Address | undefined {
  const bytes = Buffer.from(text);
  const address = new Address();
  return parseAddress(bytes, 0, bytes.length, address) ? address : undefined;
}

function parseIpv4(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  let parts = 0;
  let position = start;
  while (parts < 4) {
    if (parts > 0 && bytes[position++] !== DOT) return -1;
    const first = position;
    let part = 0;
    while (position < end && position - first < 3) {
      const digit = (bytes[position] as number) - ZERO;
      if (digit < 0 || digit > 9) break;
      part = part * 10 + digit;
      position++;
    }
    const digits = position - first;
    if (digits === 0 || part > 255 || (digits > 1 && bytes[first] === ZERO)) return -1;
    value = value * 256 + part;
    parts++;
  }
  return position === end ? value : -1;
}

function parseIpv6(bytes: Uint8Array, start: number, end: number, address: Address): boolean {
  const words = address.words;
  words.fill(0);
  let groups = 0;
  let gapAt = -1;
  let position = start;
  if (bytes[position] === COLON) {
    if (bytes[position + 1] !== COLON || end - start < 2) return false;
    gapAt = 0;
    position += 2;
  }
  while (position < end) {
    if (groups === GROUPS) return false;
    const first = position;
    let group = 0;
    while (position < end && position - first < 4) {
      const digit = hexDigit(bytes[position] as number);
      if (digit < 0) break;
      group = group * 16 + digit;
      position++;
    }
    if (position < end && bytes[position] === DOT) {
      const tail = groups <= GROUPS - 2 ? parseIpv4(bytes, first, end) : -1;
      if (tail < 0) return false;
      setGroup(words, groups++, tail >>> 16);
      setGroup(words, groups++, tail & 0xffff);
      position = end;
      break;
    }
    if (position === first) return false;
    setGroup(words, groups++, group);
    if (position === end) break;
    if (bytes[position++] !== COLON || position === end) return false;
    if (bytes[position] === COLON) {
      if (gapAt >= 0) return false;
      gapAt = groups;
      position++;
    }
  }
  if (gapAt < 0 ? groups !== GROUPS : groups >= GROUPS) return false;
  if (gapAt >= 0) moveTail(words, gapAt, groups);
  address.isIpv4 = words[0] === 0 && words[1] === 0 && words[2] === 0xffff;
  if (address.isIpv4) words[2] = 0;
  return true;
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

function setGroup(words: Uint32Array, index: number, group: number): void {
  const word = index >> 1;
  const old = words[word] as number;
  words[word] = (index & 1) === 0 ? (group << 16) | (old & 0xffff) : (old & 0xffff0000) | group;
}

function getGroup(words: Uint32Array, index: number): number {
  const word = words[index >> 1] as number;
  return (index & 1) === 0 ? word >>> 16 : word & 0xffff;
}

/** Moves the groups after the `::` to the end, with zeros where they were. */
function moveTail(words: Uint32Array, gapAt: number, groups: number): void {
  const shift = GROUPS - groups;
  for (let i = groups - 1; i >= gapAt; i--) {
    setGroup(words, i + shift, getGroup(words, i));
    if (shift > 0) setGroup(words, i, 0);
  }
}
