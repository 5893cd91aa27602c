import { countries } from "countries-list";
import { expect, test } from "vitest";
import { countryDetails } from "./country-details.ts";
import { isCountryCode } from "./country-facts.ts";

const CODES = Object.keys(countries).filter(isCountryCode);
/** Where nobody lives, and cities that are no capital. */
const WITHOUT_CAPITAL = ["AQ", "BV", "HK", "HM", "MO", "TK", "UM"];

test("every country has calling codes and languages of the right form, and a capital if there is one", () => {
  for (const code of CODES) {
    const { capital, callingCodes = [], languages = [] } = countryDetails(code) ?? {};
    expect([code, capital === undefined]).toEqual([code, WITHOUT_CAPITAL.includes(code)]);
    expect(capital ?? "x", code).toMatch(/^\p{L}[\p{L} .'-]*$/u);
    for (const each of callingCodes) expect(each, code).toMatch(/^\+[1-9][0-9]{0,3}$/);
    for (const each of languages) expect(each, code).toMatch(/^[a-z]{2,3}$/);
    expect(callingCodes.length, code).toBeGreaterThan(0);
    if (!["AQ", "HM"].includes(code)) expect(languages.length, code).toBeGreaterThan(0);
  }
});

test("languages are those that CLDR knows, each once", () => {
  const names = new Intl.DisplayNames("en", { type: "language", fallback: "none" });
  for (const code of CODES) {
    const languages = countryDetails(code)?.languages ?? [];
    expect(new Set(languages).size, code).toBe(languages.length);
    expect(
      languages.filter((each) => names.of(each) === undefined),
      code,
    ).toEqual([]);
  }
});

test.each([
  ["CH", { capital: "Bern", callingCodes: ["+41"], languages: ["de", "fr", "it"] }],
  ["AW", { capital: "Oranjestad", callingCodes: ["+297"], languages: ["nl", "pap"] }],
  ["XK", { capital: "Pristina", callingCodes: ["+383"], languages: ["sq", "sr"] }],
  ["HK", { capital: undefined, callingCodes: ["+852"], languages: ["zh", "en"] }],
  ["DO", { capital: "Santo Domingo", callingCodes: ["+1809", "+1829", "+1849"] }],
])("of %s it is %o", (code, facts) => {
  expect(countryDetails(code)).toMatchObject(facts);
});

test.each([undefined, "", "ZZ", "EU", "AC", "gb", "toString"])("%s is no country", (code) => {
  expect(countryDetails(code)).toBeUndefined();
});
