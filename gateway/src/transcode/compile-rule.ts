import type { DescField, DescMessage, DescMethod, Registry } from "@bufbuild/protobuf";
import type { HttpRule } from "@geomesh/proto/es/google/api/http_pb";
import { type BindRequest, createBinder } from "./bind.ts";
import { createHttpBodyReader, type HttpBodyReader } from "./http-body.ts";
import { createJsonWriter, type JsonWriter } from "./json-writer.ts";
import { parsePathTemplate } from "./path-template.ts";
import { createLineReader, type ReadLine } from "./read-line.ts";
import { canLookLikeProblem } from "./stream-frames.ts";

/** One `google.api.http` rule of an RPC, ready to be served. */
export interface CompiledRule {
  /** `*` for every method. */
  readonly httpMethod: string;
  /** A path template; `Router.add` takes it with the method. */
  readonly path: string;
  readonly takesBody: boolean;
  /**
   * Makes the request. Of an RPC that takes a stream of them, makes of path and query alone what the client chooses for the whole
   * stream: its body is undefined.
   */
  readonly bind: BindRequest;
  /** Of an RPC that takes a stream of requests: makes one of a line of the body. Path and query set nothing in it. */
  readonly readLine: ReadLine | undefined;
  /** True for an RPC that answers with a stream, each response of which `write` writes. */
  readonly hasManyResponses: boolean;
  /** Writes the whole response as JSON, or the one field of it that `response_body` names. */
  readonly write: JsonWriter;
  /** Where the same is a `google.api.HttpBody`, reads what is to be sent instead of JSON. */
  readonly readHttpBody: HttpBodyReader | undefined;
}

/** What a caller may choose about the rules that it compiles. */
export interface RuleOptions {
  /** Query parameters that no request takes as its own: something else reads them. Default none. */
  readonly reservedParameters?: readonly string[];
  /** The message types that an Any of a request or response may hold, and the extensions that messages may have. Default none. */
  readonly registry?: Registry;
  /** The field that lines of a stream set if they are bare text, as in `LineRule`. Default none. */
  readonly bareField?: string;
}

/** A method of HTTP (RFC 9110, section 9.1). */
const METHOD = /^[\w!#$%&'*+.^`|~-]+$/;

/**
 * Compiles one rule; each of its additional bindings is a rule to compile as well. Errors: Error where the rule is malformed
 * or contradicts its RPC, so that a server with such a contract does not start.
 *
 * The requests of a stream are lines of the body, of the form that `body` says, each a request by itself. Unlike a unary RPC, one
 * with a stream and the body `*` has query parameters. They and the path make a message of their own, which holds for all lines:
 * who serves the RPC sends it before the first of them, or applies it to each. A rule of such an RPC without a body is refused, and
 * so is a stream of responses that could look like a failure, as `STREAM_FRAMES` says.
 */
export function compileRule(
  method: DescMethod,
  rule: HttpRule,
  { reservedParameters = [], registry, bareField }: RuleOptions = {},
): CompiledRule {
  const { input, output, name, methodKind } = method;
  const { pattern, body, responseBody, additionalBindings } = rule;
  const [httpMethod, path] = readPattern(pattern, name);
  if (additionalBindings.some((each) => each.additionalBindings.length > 0)) {
    throw new Error(`${name} has additional bindings in an additional binding of its http rule`);
  }
  const variableNames = parsePathTemplate(path).variables.map(({ field }) => field);
  const hasLines = methodKind === "client_streaming" || methodKind === "bidi_streaming";
  const hasManyResponses = methodKind === "server_streaming" || methodKind === "bidi_streaming";
  if (hasLines && body === "") {
    throw new Error(`${name} takes a stream, but has an http rule without a body`);
  }
  const only = responseBody === "" ? undefined : fieldOf(output, responseBody);
  if (hasManyResponses && canLookLikeProblem(output, only)) {
    throw new Error(`${name} streams responses that may have a key "problem", as failures have`);
  }
  // What is a line is not bound here, so it leaves the query every field.
  const bodyHere = hasLines && body === "*" ? "" : body;
  return {
    httpMethod,
    path,
    takesBody: body !== "",
    bind: createBinder(input, {
      body: bodyHere,
      variableNames,
      reservedParameters,
      registry,
      bareField: hasLines ? bareField : undefined,
    }),
    readLine: hasLines
      ? createLineReader(input, { body, variableNames, registry, bareField })
      : undefined,
    hasManyResponses,
    write: createJsonWriter(output, only, registry && { registry }),
    readHttpBody: createHttpBodyReader(output, only),
  };
}

function readPattern(
  pattern: HttpRule["pattern"],
  name: string,
): readonly [httpMethod: string, path: string] {
  if (pattern.case === undefined) throw new Error(`${name} has an http rule without a pattern`);
  if (pattern.case !== "custom") return [pattern.case.toUpperCase(), pattern.value];
  const { kind, path } = pattern.value;
  if (!METHOD.test(kind)) {
    throw new Error(`${name} has an http rule for "${kind}", which is not a method of HTTP`);
  }
  return [kind, path];
}

function fieldOf({ fields, typeName }: DescMessage, name: string): DescField {
  const found = fields.find((field) => field.name === name);
  if (found === undefined) throw new Error(`${typeName} has no field "${name}"`);
  return found;
}
