/** The ISO 3166-2 code of a subdivision without the country before it, which some records have: `GB-LND` in GB is `LND`. */
export function withoutCountry(
  code: string | undefined,
  countryCode: string | undefined,
): string | undefined {
  const prefix = `${countryCode}-`;
  return code?.startsWith(prefix) && code.length > prefix.length ? code.slice(prefix.length) : code;
}
