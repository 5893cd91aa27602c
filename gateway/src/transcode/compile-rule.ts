import type { DescField, DescMessage, DescMethodUnary, Registry } from "@bufbuild/protobuf";
import type { HttpRule } from "@geomesh/proto/es/google/api/http_pb";
import { type BindRequest, createBinder } from "./bind.ts";
import { createHttpBodyReader, type HttpBodyReader } from "./http-body.ts";
import { createJsonWriter, type JsonWriter } from "./json-writer.ts";
import { parsePathTemplate } from "./path-template.ts";

/** One `google.api.http` rule of an RPC, ready to be served. */
export interface CompiledRule {
  /** `*` for every method. */
  readonly httpMethod: string;
  /** A path template; `Router.add` takes it with the method. */
  readonly path: string;
  readonly takesBody: boolean;
  readonly bind: BindRequest;
  /** Writes the whole response as JSON, or the one field of it that `response_body` names. */
  readonly write: JsonWriter;
  /** Where the same is a `google.api.HttpBody`, reads what is to be sent instead of JSON. */
  readonly readHttpBody: HttpBodyReader | undefined;
}

/** What a caller may choose about the rules that it compiles. */
export interface RuleOptions {
  /** Query parameters that no request takes as its own: something else reads them. Default none. */
  readonly reservedParameters?: readonly string[];
  /** The message types that an Any of a request or response may hold. Default none. */
  readonly registry?: Registry;
}

/** A method of HTTP (RFC 9110, section 9.1). */
const METHOD = /^[\w!#$%&'*+.^`|~-]+$/;

/**
 * Compiles one rule; each of its additional bindings is a rule to compile as well. Errors: Error where the rule is malformed
 * or contradicts its RPC, so that a server with such a contract does not start.
 */
export function compileRule(
  { input, output, name }: DescMethodUnary,
  { pattern, body, responseBody, additionalBindings }: HttpRule,
  { reservedParameters = [], registry }: RuleOptions = {},
): CompiledRule {
  const [httpMethod, path] = readPattern(pattern, name);
  if (additionalBindings.some((each) => each.additionalBindings.length > 0)) {
    throw new Error(`${name} has additional bindings in an additional binding of its http rule`);
  }
  const variableNames = parsePathTemplate(path).variables.map(({ field }) => field);
  return {
    httpMethod,
    path,
    takesBody: body !== "",
    bind: createBinder(input, { body, variableNames, reservedParameters, registry }),
    ...responseWriter(output, responseBody, registry),
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

/** How the whole response is written, or the one field of it that `response_body` names. */
function responseWriter(
  output: DescMessage,
  responseBody: string,
  registry: Registry | undefined,
): Pick<CompiledRule, "write" | "readHttpBody"> {
  const only = responseBody === "" ? undefined : fieldOf(output, responseBody);
  return {
    write: createJsonWriter(output, only, registry && { registry }),
    readHttpBody: createHttpBodyReader(output, only),
  };
}

function fieldOf({ fields, typeName }: DescMessage, name: string): DescField {
  const found = fields.find((field) => field.name === name);
  if (found === undefined) throw new Error(`${typeName} has no field "${name}"`);
  return found;
}
