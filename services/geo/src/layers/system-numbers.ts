/** Numbers that no autonomous system on the Internet has, as ranges with both ends. */
const RESERVED: readonly (readonly [first: number, last: number])[] = [
  // RFC 7607: in files it says that nobody announces a range.
  [0, 0],
  // RFC 6793: stands in for numbers above 16 bits.
  [23_456, 23_456],
  // RFC 5398, documentation; RFC 6996, private use; RFC 7300, the last of 16 bits.
  [64_496, 65_535],
  // RFC 5398, documentation; the rest is reserved by IANA.
  [65_536, 131_071],
  // RFC 6996, private use; RFC 7300, the last of 32 bits.
  [4_200_000_000, 4_294_967_295],
];

/**
 * Whether a system on the Internet may have this number, a whole one below 2^32. Source:
 * https://www.iana.org/assignments/as-numbers, special-purpose numbers.
 */
export function isPublicSystem(number: number): boolean {
  return RESERVED.every(([first, last]) => number < first || number > last);
}
