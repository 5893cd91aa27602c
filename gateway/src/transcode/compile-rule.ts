import type { DescMessage, DescMethodUnary } from "@bufbuild/protobuf";
import type { HttpRule } from "@geomesh/proto/es/google/api/http_pb";
import { type BindRequest, createBinder } from "./bind.ts";
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
  readonly write: JsonWriter;
}

/** What a caller may choose about the rules that it compiles. */
export interface RuleOptions {
  /** Query parameters that no request takes as its own: something else reads them. Default none. */
  readonly reservedParameters?: readonly string[];
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
  { reservedParameters = [] }: RuleOptions = {},
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
    bind: createBinder(input, { body, variableNames, reservedParameters }),
    write: responseWriter(output, responseBody),
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

/** Writes the whole response, or the one field of it that `response_body` names. */
function responseWriter(output: DescMessage, responseBody: string): JsonWriter {
  if (responseBody === "") return createJsonWriter(output);
  const field = output.fields.find(({ name }) => name === responseBody);
  if (field?.fieldKind !== "message") {
    throw new Error(`${output.typeName} has no message field "${responseBody}"`);
  }
  return createJsonWriter(output, field);
}
