import { LANGUAGES } from "@geomesh/terms/languages";

type Language = (typeof LANGUAGES)[number];

/** The name of one thing in each language. */
type NamesByLanguage = Readonly<Partial<Record<Language, string>>>;

/** Countries whose long names in CLDR are those of another state's regions; their short names are in common use. */
const SHORT = new Set(["HK", "MO", "PS"]);

/** How CLDR calls continents: by the codes of the United Nations for parts of the world (M49), but Antarctica as a country. */
const CONTINENT_REGIONS: Readonly<Record<string, string>> = {
  AF: "002",
  AN: "AQ",
  AS: "142",
  EU: "150",
  NA: "003",
  OC: "009",
  SA: "005",
};

const DISPLAYS: Map<string, Intl.DisplayNames> = new Map();
/** By language and code: as many as there are countries and continents, in the languages that were asked for. */
const NAMES: Map<Language, Map<string, string | undefined>> = new Map();

/** The name of a country in a language, by the CLDR of the runtime; undefined for a code that CLDR does not name. */
export function countryName(code: string, language: Language): string | undefined {
  return regionName(code, language);
}

/** The name of a continent with a code such as `EU`, as `countryName`. */
export function continentName(code: string, language: Language): string | undefined {
  const region = CONTINENT_REGIONS[code];
  return region === undefined ? undefined : regionName(region, language);
}

/** What `countryName` or `continentName` answers for a code, in all languages. */
export function inAllLanguages(
  nameOf: (code: string, language: Language) => string | undefined,
  code: string,
): NamesByLanguage {
  const names = LANGUAGES.map((language) => [language, nameOf(code, language)] as const);
  return Object.fromEntries(names.filter(([, name]) => name !== undefined));
}

function regionName(code: string, language: Language): string | undefined {
  let names = NAMES.get(language);
  if (names === undefined) {
    names = new Map();
    NAMES.set(language, names);
  }
  let name = names.get(code);
  if (name === undefined && !names.has(code)) {
    name = display(language, SHORT.has(code) ? "short" : "long").of(code);
    names.set(code, name);
  }
  return name;
}

function display(language: string, style: "long" | "short"): Intl.DisplayNames {
  const key = `${language} ${style}`;
  let found = DISPLAYS.get(key);
  if (found === undefined) {
    found = new Intl.DisplayNames(language, { type: "region", fallback: "none", style });
    DISPLAYS.set(key, found);
  }
  return found;
}
