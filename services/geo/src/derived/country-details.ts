import type { CountryFacts } from "@geomesh/proto/grpc/geomesh/geo/v1/location";
import { countries } from "countries-list";
import { isCountryCode } from "./country-facts.ts";

/**
 * Where `countries-list` 3.4.1 has another capital, calling code or language than the country: the seats of government of LK and SZ,
 * no city for what has no capital, the prefixes of whole numbering plans (ITU-T E.164) for parts of them, and Papiamento, which has no
 * code in ISO 639-1, in place of Punjabi.
 */
const CORRECTIONS: Readonly<Record<string, Partial<CountryFacts>>> = {
  AW: { languages: ["nl", "pap"] },
  BQ: { callingCodes: ["+599"] },
  CW: { callingCodes: ["+599"], languages: ["nl", "pap", "en"] },
  EH: { languages: ["ar", "es"] },
  HK: { capital: undefined },
  LK: { capital: "Sri Jayawardenepura Kotte" },
  MN: { capital: "Ulaanbaatar" },
  SJ: { callingCodes: ["+47"] },
  SZ: { capital: "Mbabane" },
  TK: { capital: undefined },
  VA: { callingCodes: ["+39"] },
  XK: { callingCodes: ["+383"] },
};

/** What is known of a country by its ISO 3166-1 alpha-2 code; undefined for a code that is not assigned. */
export function countryDetails(code: string | undefined): CountryFacts | undefined {
  if (code === undefined || !isCountryCode(code)) return undefined;
  const { capital, phone, languages } = countries[code];
  return {
    capital: capital === "" ? undefined : capital,
    callingCodes: phone.map((number) => `+${number}`),
    languages: [...languages],
    ...CORRECTIONS[code],
  };
}
