/** The greatest epoch, sequence or lease number: what a PostgreSQL bigint holds. */
export const numberMax = 2n ** 63n - 1n;

const identifierPattern = /^[\x21-\x7e]{1,64}$/;

/** True for 1 to 64 visible ASCII characters, as all our ids and operation names are. */
export function isIdentifier(text: string): boolean {
  return identifierPattern.test(text);
}
