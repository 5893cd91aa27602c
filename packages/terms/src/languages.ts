/** The languages that names of places are answered in, as the contract lists them. The first is answered where none is asked for. */
export const LANGUAGES = ["en", "de", "es", "fr", "ja", "pt-BR", "ru", "zh-CN"] as const;

/** The language of names that lack the one asked for. */
export const LANGUAGE_DEFAULT = LANGUAGES[0];
