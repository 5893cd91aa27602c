import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { hasCustomJsonRepresentation, StructSchema, ValueSchema } from "@bufbuild/protobuf/wkt";
import type { StreamFormat } from "./stream-format.ts";

/**
 * How answers of a stream are framed. A JSON text is one that has no line break, as those that `JsonWriter` and `JSON.stringify`
 * write. Frames keep its characters: what is one character a byte stays so.
 */
export interface StreamFrames {
  readonly contentType: string;
  /** A message, given as JSON. */
  readonly message: (json: string) => string;
  /** The last frame of a stream that failed after it had begun, with what failed as a JSON object. */
  readonly problem: (json: string) => string;
  /** The last frame of a stream that is complete; empty where the end of the body tells it. */
  readonly end: string;
}

/** The key, or the event, of a failure. */
const PROBLEM = "problem";

/**
 * The frames of each format.
 *
 * NDJSON (https://github.com/ndjson/ndjson-spec): a line for each message. A failure is a last line `{"problem":{…}}`, an object
 * that has this key alone. No message is one, as `compileRule` refuses streams of messages that could be.
 *
 * Server-Sent Events (https://html.spec.whatwg.org/multipage/server-sent-events.html, section 9.2.6): an event without a name for
 * each message, then an event `problem` with what failed or `end` with `{}`, as an EventSource would otherwise call again.
 */
export const STREAM_FRAMES: Readonly<Record<StreamFormat, StreamFrames>> = {
  ndjson: {
    contentType: "application/x-ndjson",
    message: (json) => `${json}\n`,
    problem: (json) => `{"${PROBLEM}":${json}}\n`,
    end: "",
  },
  sse: {
    contentType: "text/event-stream",
    message: (json) => `data: ${json}\n\n`,
    problem: (json) => `event: ${PROBLEM}\ndata: ${json}\n\n`,
    end: "event: end\ndata: {}\n\n",
  },
};

/**
 * True where the JSON of a message or, with `only`, of one field of it can be an object with the key of a failure: where the
 * contract has a field of that name, or leaves the keys to whoever fills it, as in maps and google.protobuf.Struct. An Any has
 * always the key `@type` as well.
 */
export function canLookLikeProblem(desc: DescMessage, only?: DescField): boolean {
  if (only?.fieldKind === "map") return true;
  if (only !== undefined && only.fieldKind !== "message") return false;
  const { typeName, fields } = only?.message ?? desc;
  if (typeName === StructSchema.typeName || typeName === ValueSchema.typeName) return true;
  const isOfFields = !hasCustomJsonRepresentation(only?.message ?? desc);
  return isOfFields && fields.some(({ name }) => name === PROBLEM);
}
