/** How the answers of a stream are sent: a JSON text a line, or as events that a browser's EventSource reads. */
export type StreamFormat = "ndjson" | "sse";

/** The media types that mean lines of JSON; the first is sent. */
const NDJSON_TYPES = ["application/x-ndjson", "application/ndjson", "application/jsonl"] as const;
const SSE_TYPES = ["text/event-stream"] as const;

/** A media range (RFC 9110, section 12.5.1), in as far as its form tells it from what is none. */
const RANGE = /^[^\s/]+\/[^\s/]+$/;
/** RFC 9110, section 12.4.2. */
const WEIGHT = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/;

/** How gladly a client takes something: by the weight, and of two equal ones that which it names itself. */
interface Taste {
  readonly weight: number;
  readonly isNamed: boolean;
}

/**
 * What a client takes most gladly, by its `Accept`: NDJSON, unless it gives Server-Sent Events more weight, or the same and takes
 * NDJSON only by a wildcard. Who takes neither, or says nothing, gets NDJSON, as RFC 9110 (section 12.4.1) allows. Members that
 * are malformed count for nothing, and so does a comma in the quotes of a parameter, which no media type here has.
 */
export function streamFormat(accept: string | undefined): StreamFormat {
  if (accept === undefined) return "ndjson";
  const weights = weightsOf(accept);
  const sse = bestOf(SSE_TYPES, weights);
  const ndjson = bestOf(NDJSON_TYPES, weights);
  if (sse.weight !== ndjson.weight) return sse.weight > ndjson.weight ? "sse" : "ndjson";
  return sse.weight > 0 && sse.isNamed && !ndjson.isNamed ? "sse" : "ndjson";
}

/** The weight of each media range; of one that comes twice the larger. */
function weightsOf(accept: string): ReadonlyMap<string, number> {
  const weights = new Map<string, number>();
  for (const member of accept.toLowerCase().split(",")) {
    const [range = "", ...parameters] = member.split(";").map((part) => part.trim());
    const weight = parameters.find((each) => each.startsWith("q="))?.slice(2) ?? "1";
    if (!RANGE.test(range) || !WEIGHT.test(weight)) continue;
    weights.set(range, Math.max(Number(weight), weights.get(range) ?? 0));
  }
  return weights;
}

function bestOf(types: readonly string[], weights: ReadonlyMap<string, number>): Taste {
  const tastes = types.map((type) => tasteOf(type, weights));
  return tastes.reduce((best, each) => {
    const isBetter =
      each.weight > best.weight || (each.weight === best.weight && each.isNamed && !best.isNamed);
    return isBetter ? each : best;
  });
}

/** The range that says most about a type counts: itself, else its first half, else any. */
function tasteOf(type: string, weights: ReadonlyMap<string, number>): Taste {
  const own = weights.get(type);
  if (own !== undefined) return { weight: own, isNamed: true };
  const half = weights.get(`${type.slice(0, type.indexOf("/"))}/*`);
  return { weight: half ?? weights.get("*/*") ?? 0, isNamed: false };
}
