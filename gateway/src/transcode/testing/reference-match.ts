import { fieldOf, type Piece, piecesOf, type Rule } from "./rules.ts";

/** What a router finds, among rules of which no two have the same shape and method. "malformed": a TranscodeError. */
export type Outcome =
  | { readonly target: Rule; readonly variables: Readonly<Record<string, string>> }
  | { readonly methods: readonly string[] }
  | "malformed"
  | undefined;

/** Matches each rule as a regular expression over the path as it is written, and chooses among those that fit. */
export function referenceMatch(rules: readonly Rule[], method: string, path: string): Outcome {
  const fitting = (hasVerb: boolean, colon: string) =>
    rules.filter((rule) => (rule.verb !== "") === hasVerb && expressionOf(rule, colon).test(path));
  const answer = (fits: readonly Rule[], colon: string): Outcome => {
    const [best] = fits
      .filter((rule) => methodRank(rule, method) < NO_METHOD)
      .sort((a, b) => compare(a, b, method));
    if (best !== undefined) return read(best, expressionOf(best, colon).exec(path) ?? []);
    const methods = new Set(fits.map((rule) => rule.method));
    return methods.size === 0 ? undefined : { methods: [...methods] };
  };
  const withVerb = fitting(true, ":");
  const written = answer(withVerb.length > 0 ? withVerb : fitting(false, ""), ":");
  if (isFound(written)) return written;
  const decoded = answer(fitting(true, "%3[aA]"), "%3[aA]");
  return written === undefined || isFound(decoded) ? decoded : written;
}

const isFound = (outcome: Outcome) =>
  outcome === "malformed" || (outcome !== undefined && "target" in outcome);

function expressionOf({ groups, verb }: Rule, colon: string): RegExp {
  const parts = groups.map(({ pieces, isVariable }) => {
    const open = isVariable ? "(" : "(?:";
    if (pieces[0] === "**") return `(?:/${open}.*))?`;
    const [first = "", ...others] = pieces.map((piece) =>
      piece === "**" ? "(?:/.*)?" : `/${sourceOf(piece)}`,
    );
    return `/${open}${[first.slice(1), ...others].join("")})`;
  });
  return new RegExp(`^${parts.join("")}${verb && colon + textSource(verb)}$`, "su");
}

const sourceOf = (piece: Piece) =>
  typeof piece === "string" ? "[^/]+" : textSource(piece.literal);

/** Each character as it is, but for slash and percent, or percent-encoded. */
function textSource(text: string): string {
  const sources = [...text].map((char) => {
    const encoded = Array.from(Buffer.from(char), (byte) => `%${byte.toString(16)}`)
      .join("")
      .replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
    return "/%".includes(char)
      ? encoded
      : `(?:${encoded}|\\u{${char.codePointAt(0)?.toString(16)}})`;
  });
  return sources.join("");
}

const NO_METHOD = 3;

function methodRank({ method }: Rule, asked: string): number {
  if (method === asked) return 0;
  if (method === "GET" && asked === "HEAD") return 1;
  return method === "*" ? 2 : NO_METHOD;
}

/** From the left, a literal or the end is before `*`, and that before `**`. */
function compare(a: Rule, b: Rule, method: string): number {
  const rank = (piece: Piece | undefined) => (piece === "**" ? 2 : piece === "*" ? 1 : 0);
  const [left, right] = [piecesOf(a), piecesOf(b)];
  for (let at = 0; at < Math.max(left.length, right.length); at += 1) {
    const difference = rank(left[at]) - rank(right[at]);
    if (difference !== 0) return difference;
  }
  return methodRank(a, method) - methodRank(b, method);
}

function read(rule: Rule, [, ...values]: readonly (string | undefined)[]): Outcome {
  const variables: Record<string, string> = {};
  try {
    for (const [at, { pieces, isVariable }] of rule.groups.entries()) {
      if (!isVariable) continue;
      const text = values.shift() ?? "";
      // In a value of several segments, encoded slashes stay as they are written.
      const parts = pieces.length === 1 && pieces[0] !== "**" ? [text] : text.split(/(%2f)/i);
      const decoded = parts.map((part, nth) => (nth % 2 ? part : decodeURIComponent(part)));
      variables[fieldOf(at)] = decoded.join("");
    }
  } catch {
    return "malformed";
  }
  return { target: rule, variables };
}
