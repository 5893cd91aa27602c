/** The greatest epoch, sequence or lease number: what a PostgreSQL bigint holds. */
export const NUMBER_MAX = 2n ** 63n - 1n;

const IDENTIFIER_PATTERN = /^[\x21-\x7e]{1,64}$/;

/** True for 1 to 64 visible ASCII characters, as all our ids and operation names are. */
export function isIdentifier(text: string): boolean {
  return IDENTIFIER_PATTERN.test(text);
}
