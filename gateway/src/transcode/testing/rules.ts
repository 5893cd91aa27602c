import fc from "fast-check";

/** One segment of a path template; the text is decoded. */
export type Piece = { readonly literal: string } | "*" | "**";

/** Segments that one variable takes, or that none does. */
export interface Group {
  readonly pieces: readonly Piece[];
  readonly isVariable: boolean;
}

/** A rule, before it is written as a template. */
export interface Rule {
  readonly method: string;
  readonly groups: readonly Group[];
  /** Empty for none. */
  readonly verb: string;
}

/** Gives the next of some numbers, each of 0 or more. */
export type Choose = () => number;

const TEXTS = ["a", "b", "a-b", "a,b", "a:v", "=@", "a/b", "100%", "é", "*"] as const;
/** Characters of these texts that a path may have as they are. */
const PLAIN = "abvw-,@:=";
const VERBS = ["", "", "v", "w", "v/é"] as const;
const BLANK_OR_MALFORMED = ["", "%", "%C3", "%zz"] as const;

/** Methods that rules have. */
export const METHODS = ["GET", "PUT", "HEAD", "*"] as const;

const PIECES = fc.oneof(
  fc.constantFrom(...TEXTS).map((literal) => ({ literal })),
  fc.constant("*" as const),
);

const GROUPS: fc.Arbitrary<Group> = fc.record({
  pieces: fc.array(PIECES, { minLength: 1, maxLength: 2 }),
  isVariable: fc.boolean(),
});

const REST_GROUPS: fc.Arbitrary<Group> = GROUPS.map(({ pieces, isVariable }) => ({
  pieces: [...(isVariable ? pieces.slice(1) : []), "**"],
  isVariable,
}));

/** Rules of few texts, so that paths fit several of them. */
export const RULES: fc.Arbitrary<Rule> = fc.record({
  method: fc.constantFrom(...METHODS),
  groups: fc
    .tuple(fc.array(GROUPS, { maxLength: 3 }), fc.option(REST_GROUPS, { nil: undefined }))
    .map(([before, rest]) => (rest === undefined ? before : [...before, rest]))
    .filter(({ length }) => length > 0),
  verb: fc.constantFrom(...VERBS),
});

/** The segments of a rule. */
export function piecesOf({ groups }: Rule): Piece[] {
  return groups.flatMap(({ pieces }) => pieces);
}

/** The field of the variable that is this group. */
export function fieldOf(group: number): string {
  return `f${group}`;
}

/** Writes a rule as a template. A colon of a text is always encoded. */
export function templateOf({ groups, verb }: Rule, choose: Choose): string {
  const write = (text: string) => spell(text, choose).replaceAll(":", "%3A");
  const segment = (piece: Piece) => (typeof piece === "string" ? piece : write(piece.literal));
  const parts = groups.map(({ pieces, isVariable }, at) => {
    const text = pieces.map(segment).join("/");
    if (!isVariable) return text;
    return text === "*" && choose() % 2 === 0 ? `{${fieldOf(at)}}` : `{${fieldOf(at)}=${text}}`;
  });
  return `/${parts.join("/")}${verb && `:${write(verb)}`}`;
}

/** Writes a path that a rule answers; one in some is a little different, or malformed. */
export function pathOf(rule: Rule, choose: Choose): string {
  const any = () => spell(pick(TEXTS, choose), choose);
  const segments = piecesOf(rule).flatMap((piece) => {
    if (piece === "**") {
      return Array.from({ length: choose() % 3 }, () => (choose() % 4 ? any() : ""));
    }
    if (piece === "*") return [choose() % 12 ? any() : pick(BLANK_OR_MALFORMED, choose)];
    return [choose() % 20 ? spell(piece.literal, choose) : any()];
  });
  const verb = choose() % 6 ? rule.verb : pick(VERBS, choose);
  const colon = pick([":", ":", "%3A", "%3a"], choose);
  return `/${segments.join("/")}${verb && `${colon}${spell(verb, choose)}`}`;
}

/** Writes each character as it is, where it may be, or percent-encoded, in lower case or in upper. */
function spell(text: string, choose: Choose): string {
  const chars = [...text].map((char) => {
    const encoded = Array.from(Buffer.from(char), (byte) => `%${byte.toString(16)}`).join("");
    const plain = PLAIN.includes(char) ? [char, char, char] : [];
    return pick([encoded, encoded.toUpperCase(), ...plain], choose);
  });
  return chars.join("");
}

function pick(from: readonly string[], choose: Choose): string {
  return from[choose() % from.length] ?? "";
}
