import type { Source } from "./sources.ts";

/** Words that made strangers stumble, and what this project says instead. */
const ODD: readonly (readonly [odd: RegExp, instead: string])[] = [
  [/\bin force\b/i, "serving, valid, applies"],
  [/\b(?:is|are|was|while) away\b/i, "unavailable"],
  [/\bthis is no [A-Z]/, "malformed …"],
  [/\bcannot be had\b/i, "is not available"],
  [/\bwas to be had\b/i, "was available"],
  [/\bfor want of\b/i, "without"],
  [/\bno more room\b/i, "full"],
  [/^\s*(?:\/\*\*|\*|\/\/).*\bThrows\b/, "Errors:"],
];
/** Quotes from elsewhere, and this list itself. */
const EXEMPT = /^packages\/tasks\/src\/house\//;

/** Lines with such words, as `path:line: what to say instead`. */
export function oddWords(sources: readonly Source[]): string[] {
  return sources
    .filter(({ path }) => !EXEMPT.test(path))
    .flatMap(({ path, text }) =>
      text.split("\n").flatMap((line, at) =>
        ODD.flatMap(([odd, instead]) => {
          const [found] = odd.exec(line) ?? [];
          return found === undefined
            ? []
            : [`${path}:${at + 1}: "${found.trim()}"; say: ${instead}`];
        }),
      ),
    );
}
