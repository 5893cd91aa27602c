import { decodePercent } from "./percent-decoding.ts";

/** A name and a value of a query; the value is empty where there is no `=`. */
export type Parameter = readonly [name: string, value: string];

const NONE: readonly string[] = [];

/** Parses a query into its parameters, in their order, as HTML forms encode them (`+` is a space). Errors: TranscodeError. */
export function parseQuery(query: string): Parameter[] {
  return query
    .split("&")
    .filter((part) => part !== "")
    .map((part) => {
      const spaced = part.includes("+") ? part.replaceAll("+", " ") : part;
      const cut = spaced.indexOf("=");
      if (cut < 0) return [decodePercent(spaced, "query"), ""];
      const name = decodePercent(spaced.slice(0, cut), "query");
      return [name, decodePercent(spaced.slice(cut + 1), name)];
    });
}

/**
 * The values of one parameter, whatever the others are: its name may be percent-encoded as well. Errors: TranscodeError for a
 * value that is invalid percent-encoding.
 */
export function valuesOf(query: string, wanted: string): readonly string[] {
  if (!query.includes(wanted) && !query.includes("%")) return NONE;
  return query
    .split("&")
    .filter((part) => isNamed(part, wanted))
    .flatMap((part) => parseQuery(part).map(([, value]) => value));
}

/** A name that is invalid percent-encoding is not the one. */
function isNamed(part: string, wanted: string): boolean {
  const name = part.split("=", 1)[0] ?? "";
  if (!name.includes("%")) return name === wanted;
  try {
    return decodePercent(name, name) === wanted;
  } catch {
    return false;
  }
}
