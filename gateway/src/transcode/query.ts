import { decodePercent } from "./percent-decoding.ts";

/** A name and a value of a query; the value is empty where there is no `=`. */
export type Parameter = readonly [name: string, value: string];

/** Parses a query into its parameters, in their order, as HTML forms encode them (`+` is a space). Errors: TranscodeError. */
export function parseQuery(query: string): Parameter[] {
  return query
    .split("&")
    .filter((part) => part !== "")
    .map((part) => {
      const spaced = part.replaceAll("+", " ");
      const cut = spaced.indexOf("=");
      if (cut < 0) return [decodePercent(spaced, "query"), ""];
      const name = decodePercent(spaced.slice(0, cut), "query");
      return [name, decodePercent(spaced.slice(cut + 1), name)];
    });
}
