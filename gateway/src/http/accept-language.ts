import { headerLines } from "./header-lines.ts";

const NAME = "accept-language";
const ANY = "*";
const KEPT_MAX = 1_000;
const KEPT_CHARS_MAX = 200;
/** `language-range [ weight ]` of RFC 9110 (sections 12.4.2 and 12.5.4). */
const MEMBER =
  /^([a-z]{1,8}(?:-[a-z0-9]{1,8})*|\*)(?:[ \t]*;[ \t]*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?$/i;

/** Tells which of the languages a client likes best, by the headers of a request; undefined where it names none of them. */
export type ReadLanguage = (rawHeaders: readonly string[]) => string | undefined;

/**
 * Creates a reader of `Accept-Language`. A range matches a language with the same first subtag, the nearest of them first, so
 * `pt`, `pt-PT` and `pt-BR` all match `pt-BR` (RFC 4647, section 3.4, but from both sides). A language with the weight 0 is never told; malformed
 * members count for nothing.
 */
export function createLanguageReader(languages: readonly string[]): ReadLanguage {
  const kept = new Map<string, string | undefined>();
  return (rawHeaders) => {
    const lines = headerLines(rawHeaders, NAME);
    if (lines.length === 0) return undefined;
    const header = lines.join(",");
    if (kept.has(header)) return kept.get(header);
    const language = preferred(header, languages);
    if (kept.size >= KEPT_MAX) kept.clear();
    if (header.length <= KEPT_CHARS_MAX) kept.set(header, language);
    return language;
  };
}

function preferred(header: string, languages: readonly string[]): string | undefined {
  const wanted: { readonly range: string; readonly weight: number }[] = [];
  const refused = new Set<string | undefined>();
  for (const member of header.split(",")) {
    const [, given, weight = "1"] = MEMBER.exec(member.trim()) ?? [];
    const range = given?.toLowerCase();
    if (range === undefined) continue;
    if (Number(weight) > 0) wanted.push({ range, weight: Number(weight) });
    else refused.add(languages.find((language) => language.toLowerCase() === range));
  }
  wanted.sort((a, b) => b.weight - a.weight);
  const left = languages.filter((language) => !refused.has(language));
  for (const { range } of wanted) {
    const found = range === ANY ? left[0] : nearest(range, left);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The language itself, else one with the same first subtag. */
function nearest(range: string, languages: readonly string[]): string | undefined {
  const [primary] = range.split("-");
  return (
    languages.find((language) => language.toLowerCase() === range) ??
    languages.find((language) => language.toLowerCase().split("-")[0] === primary)
  );
}
