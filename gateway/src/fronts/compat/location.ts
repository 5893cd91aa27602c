import type { Location } from "@geomesh/proto/es/geomesh/geo/v1/location_pb";

const LANGUAGES: ReadonlySet<string> = new Set([
  ...["de", "en", "es", "fr", "ja", "pt-BR", "ru", "zh-CN"],
]);

/** The language of names that a client asks for; English for none and for one that no dataset has. */
export function languageOf(text: string | undefined): string {
  return text !== undefined && LANGUAGES.has(text) ? text : "en";
}

/** True for an address of which no dataset knows anything. */
export function isUnknown(location: Location): boolean {
  const { connection, countryCode, registeredCountryCode, continentCode, latitude } = location;
  const { autonomousSystemNumber, ispName, organizationName, connectionType } = connection ?? {};
  return [
    ...[countryCode, registeredCountryCode, continentCode, latitude],
    ...[autonomousSystemNumber, ispName, organizationName, connectionType],
  ].every((value) => value === undefined);
}

/** Number and holder of the autonomous system, such as `AS64496 Example`; undefined where the number is unknown. */
export function autonomousSystemText({ connection }: Location): string | undefined {
  const { autonomousSystemNumber: number, autonomousSystemOrganization: holder } = connection ?? {};
  if (number === undefined) return undefined;
  return holder === undefined ? `AS${number}` : `AS${number} ${holder}`;
}
