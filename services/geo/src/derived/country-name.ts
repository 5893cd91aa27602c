/** Countries whose long names in CLDR are those of another state's regions; their short names are in common use. */
const SHORT = new Set(["HK", "MO", "PS"]);

const DISPLAYS: Map<string, Intl.DisplayNames> = new Map();

/** The name of a country in a language such as `pt-BR`, by CLDR; undefined for a code that CLDR does not name. */
export function countryName(code: string, language: string): string | undefined {
  return display(language, SHORT.has(code) ? "short" : "long").of(code);
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
