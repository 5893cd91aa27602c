/** The greatest epoch, sequence or lease number: the greatest bigint of PostgreSQL. */
export const NUMBER_MAX = 2n ** 63n - 1n;

const IDENTIFIER_PATTERN = /^[\x21-\x7e]{1,64}$/;

/** True for 1 to 64 visible ASCII characters, which every id and operation name consists of. */
export function isIdentifier(text: string): boolean {
  return IDENTIFIER_PATTERN.test(text);
}
