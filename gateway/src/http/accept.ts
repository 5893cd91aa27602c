import { headerLines } from "./header-lines.ts";

const NAME = "accept";
const IS_WEIGHT = /^[ \t]*q=/i;
const WEIGHT = /^[ \t]*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)[ \t]*$/i;

/**
 * The media type that a client likes best of some that may be sent, by the `Accept` of a request (RFC 9110, section 12.5.1). The
 * first where it says nothing, likes several equally, or none. Parameters of its ranges other than `q` are passed over, and
 * ranges with a malformed weight count for nothing.
 */
export function acceptedType<T extends string>(
  rawHeaders: readonly string[],
  types: readonly [T, ...T[]],
): T {
  const lines = headerLines(rawHeaders, NAME);
  const [first] = types;
  if (lines.length === 0) return first;
  const weights = weightsOf(lines.join(","));
  let best = first;
  for (const type of types) if (weightOf(type, weights) > weightOf(best, weights)) best = type;
  return best;
}

/** The weight of the most exact range that has the type; 0 where none has. */
function weightOf(type: string, weights: ReadonlyMap<string, number>): number {
  const [group] = type.split("/");
  return weights.get(type) ?? weights.get(`${group}/*`) ?? weights.get("*/*") ?? 0;
}

function weightsOf(header: string): ReadonlyMap<string, number> {
  const weights = new Map<string, number>();
  for (const member of header.split(",")) {
    const [range = "", ...parameters] = member.split(";");
    const given = parameters.find((each) => IS_WEIGHT.test(each));
    const weight = given === undefined ? 1 : Number(WEIGHT.exec(given)?.[1] ?? Number.NaN);
    if (Number.isNaN(weight)) continue;
    const name = range.trim().toLowerCase();
    weights.set(name, Math.max(weight, weights.get(name) ?? 0));
  }
  return weights;
}
