/** The languages that datasets carry names in. The first is the one that all others fall back to. */
export const LANGUAGES = ["en", "de", "es", "fr", "ja", "pt-BR", "ru", "zh-CN"] as const;

export type Language = (typeof LANGUAGES)[number];

/** The language of a request: empty means English. Undefined for a language that no dataset has. */
export function requestLanguage(text: string): Language | undefined {
  return text === "" ? "en" : LANGUAGES.find((language) => language === text);
}
