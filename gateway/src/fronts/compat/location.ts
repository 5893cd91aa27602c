import type { Location } from "@geomesh/proto/es/geomesh/geo/v1/location_pb";
import type { AllowedGroups } from "@geomesh/terms/field-groups";

/** The groups of the keys by which an address is known. */
const TELLING = ["place", "connection"];
const LANGUAGES: ReadonlySet<string> = new Set([
  ...["de", "en", "es", "fr", "ja", "pt-BR", "ru", "zh-CN"],
]);

/** The language of names that a client asks for; English for none and for one that no dataset has. */
export function languageOf(text: string | undefined): string {
  return text !== undefined && LANGUAGES.has(text) ? text : "en";
}

/**
 * True for an address of which no dataset knows anything, as far as the plan tells: one that allows neither places nor connections
 * does not, so that no address is unknown there.
 */
export function isUnknown(location: Location, groups?: AllowedGroups): boolean {
  if (groups !== undefined && !TELLING.some((name) => groups.names.has(name))) return false;
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
