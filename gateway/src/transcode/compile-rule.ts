import type { DescMessage, DescMethodUnary } from "@bufbuild/protobuf";
import type { HttpRule } from "@geomesh/proto/es/google/api/http_pb";
import { type BindRequest, createBinder } from "./bind.ts";
import { createJsonWriter, type JsonWriter } from "./json-writer.ts";
import { parsePathTemplate } from "./path-template.ts";

/** One `google.api.http` rule of an RPC, ready to be served. */
export interface CompiledRule {
  readonly httpMethod: string;
  /** A path template, as `Router.add` takes it. */
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

/** Compiles a rule. Errors: Error where the rule contradicts its RPC, so that a server with such a contract does not start. */
export function compileRule(
  { input, output, name }: DescMethodUnary,
  { pattern, body, responseBody }: HttpRule,
  { reservedParameters = [] }: RuleOptions = {},
): CompiledRule {
  if (pattern.case === undefined || pattern.case === "custom") {
    throw new Error(`${name} has an http rule of an unsupported kind`);
  }
  const path = pattern.value;
  const variableNames = parsePathTemplate(path).variables.map(({ field }) => field);
  return {
    httpMethod: pattern.case.toUpperCase(),
    path,
    takesBody: body !== "",
    bind: createBinder(input, { body, variableNames, reservedParameters }),
    write: responseWriter(output, responseBody),
  };
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
