import type { Location } from "@geomesh/proto/grpc/geomesh/geo/v1/location";
import { countries, type TCountryCode } from "countries-list";
import { currencies } from "countries-list/currencies";
import { flagOf } from "./flag.ts";

/** The members since 2020-02-01, and those of their territories that belong to the union and have a code of their own. */
const EUROPEAN_UNION = new Set(
  (
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK " +
    "AX GF GP MF MQ RE YT"
  ).split(" "),
);

/** Codes that ISO 3166-1 reserves and does not assign: Ascension and Tristan da Cunha are parts of SH. */
const RESERVED = new Set(["AC", "TA"]);

/** True for a code that ISO 3166-1 assigns to a country, and for `XK`, which stands for Kosovo by agreement of its users. */
export function isCountryCode(code: string): code is TCountryCode {
  return Object.hasOwn(countries, code) && !RESERVED.has(code);
}

/** Where `countries-list` has another continent than GeoNames, whose continents publishers use. */
const CONTINENTS: Readonly<Record<string, string>> = { CX: "OC", RU: "EU" };

/** The code of the continent of a country; undefined for a code that is not assigned. */
export function continentOf(code: string | undefined): string | undefined {
  if (code === undefined || !isCountryCode(code)) return undefined;
  return CONTINENTS[code] ?? countries[code].continent;
}

/** What follows from an ISO 3166-1 alpha-2 code, with flags at a URL as in `flagOf`; empty for a code that is not assigned. */
export function countryFacts(
  code: string | undefined,
  publicUrl: string,
): Partial<Pick<Location, "flag" | "currency" | "countryIsEu">> {
  if (code === undefined || !isCountryCode(code)) return {};
  const countryIsEu = EUROPEAN_UNION.has(code);
  return { flag: flagOf(code, publicUrl), currency: currencyOf(code), countryIsEu };
}

/** The first of a country's currencies in `countries-list`, which is the one in general use. */
function currencyOf(code: TCountryCode): Location["currency"] {
  const currencyCode = countries[code].currency[0];
  if (currencyCode === undefined) return undefined;
  const currency = currencies[currencyCode];
  return { currencyCode, currencyName: currency.name, currencySymbol: currency.symbol };
}
