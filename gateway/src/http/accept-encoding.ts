import { headerLines } from "./header-lines.ts";

/** Content codings that answers may have (RFC 9110, section 8.4.1). Of those that a client likes equally, the first is taken. */
export const CODINGS = ["br", "gzip"] as const;

/** The name of a content coding. */
export type Coding = (typeof CODINGS)[number];

/** What an answer says that may be sent in one coding or another, whichever it is sent in. */
export const VARIES = { vary: "Accept-Encoding" };

const NAME = "accept-encoding";
const ANY = "*";
const IDENTITY = "identity";
/** Names that mean the same (RFC 9110, section 8.4.1.3). */
const ALIASES: ReadonlyMap<string, Coding> = new Map([["x-gzip", "gzip"]]);

/** `codings [ weight ]` of RFC 9110 (sections 12.4.2 and 12.5.3). */
const MEMBER = /^([\w!#$%&'*+.^`|~-]+)(?:[ \t]*;[ \t]*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?$/i;

/**
 * The codings that a client takes at least as gladly as the bytes as they are, best first, by its `Accept-Encoding`. None where
 * it does not say what it takes. One that refuses all of them and the plain bytes too gets the plain bytes, as RFC 9110
 * (section 12.5.3) allows. Unknown and malformed members count for nothing; of a coding that comes twice the last counts.
 */
export function acceptedCodings(header: string | undefined): readonly Coding[] {
  if (header === undefined) return [];
  const weights = weightsOf(header);
  const weightOf = (name: string) => weights.get(name) ?? weights.get(ANY) ?? 0;
  const plain = weightOf(IDENTITY);
  return CODINGS.filter((coding) => weightOf(coding) > 0 && weightOf(coding) >= plain).sort(
    (a, b) => weightOf(b) - weightOf(a),
  );
}

/** The first of those, by the headers of a request; undefined for none. Several `Accept-Encoding` are one list. */
export function acceptedCoding(rawHeaders: readonly string[]): Coding | undefined {
  const lines = headerLines(rawHeaders, NAME);
  return lines.length === 0 ? undefined : acceptedCodings(lines.join(","))[0];
}

function weightsOf(header: string): ReadonlyMap<string, number> {
  const weights = new Map<string, number>();
  for (const member of header.split(",")) {
    const [, name = "", weight = "1"] = MEMBER.exec(member.trim()) ?? [];
    const coding = name.toLowerCase();
    weights.set(ALIASES.get(coding) ?? coding, Number(weight));
  }
  return weights;
}
