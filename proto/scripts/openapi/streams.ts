import type { DescField, DescMethod } from "@bufbuild/protobuf";
import { ContractError } from "./contract-error.ts";
import type { SchemaDeps } from "./field-schema.ts";
import type { Content, MediaType, RequestBody, Schema } from "./types.ts";

const LINES = "application/x-ndjson";
const EVENTS = "text/event-stream";
const BARE_LINES = "text/plain";
const BODY =
  "Requests, a line each, that are answered in their order. What the query chooses holds for all lines.";

/** The component schema of a stream's last line where the stream fails after its first. */
export const STREAM_PROBLEM: Readonly<Record<"StreamProblem", Schema>> = {
  StreamProblem: {
    type: "object",
    description:
      "The last line of a stream that failed after its answer had begun. Among events it is one named `problem`, whose data " +
      "is the Problem itself; an event `end` is the last of a stream that did not fail.",
    properties: { problem: { $ref: "#/components/schemas/Problem" } },
    required: ["problem"],
  },
};

/**
 * Whether an RPC is a stream that REST serves. Errors: ContractError for one that goes one way only, and for one whose lines are
 * not whole requests.
 */
export function isStream({ methodKind }: DescMethod, body: string): boolean {
  if (methodKind === "unary") return false;
  if (methodKind !== "bidi_streaming") {
    throw new ContractError("only streams that go both ways have an OpenAPI form");
  }
  if (body !== "*") throw new ContractError('the body of a stream is "*"');
  return true;
}

/** The fields that the query of a stream may set for all lines: those that a line may leave out. */
export function fieldsForAllLines({ input }: DescMethod, { options }: SchemaDeps): DescField[] {
  return input.fields.filter((field) => options.behaviors(field).includes("OPTIONAL"));
}

/** The body of a stream: JSON a line or, where a line is about an address, that alone. */
export function streamedRequestBody(method: DescMethod, deps: SchemaDeps): RequestBody {
  const schema = deps.refer(method.input, "request");
  const address = deps.options.access(method)?.metering?.["addresses_field"];
  const bare = { type: "string", description: `Lines of \`${address}\` alone.` };
  return {
    description: BODY,
    required: true,
    content: {
      [LINES]: { schema },
      ...(address !== undefined && { [BARE_LINES]: { schema: bare } }),
    },
  };
}

/** The answer of a stream: the schema is that of one line, or of the data of one event. */
export function streamedContent(schema: Schema, rest: Omit<MediaType, "schema">): Content {
  const line = { anyOf: [schema, { $ref: "#/components/schemas/StreamProblem" }] };
  return { [LINES]: { schema: line, ...rest }, [EVENTS]: { schema, ...rest } };
}
