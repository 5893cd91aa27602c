import { LANGUAGES } from "@geomesh/terms/languages";

/** A language that datasets have names in. */
export type Language = (typeof LANGUAGES)[number];

/** In which languages a location has names. */
export interface Naming {
  /** Of `city`, `country` and the like. */
  readonly language: Language;
  /** Whether it has what comes only where it is named besides: `names`, in all languages, and `country_facts`. */
  readonly withNames: boolean;
}

/** The language of a request; an empty text is English. Undefined for a language that no dataset has. */
export function requestLanguage(text: string): Language | undefined {
  return text === "" ? "en" : LANGUAGES.find((language) => language === text);
}
