import type { DescField, DescMessage, DescMethod } from "@bufbuild/protobuf";
import { ContractError } from "./contract-error.ts";
import { requestExamples } from "./examples.ts";
import {
  type Direction,
  fieldSchema,
  isRequired,
  propertySchema,
  type SchemaDeps,
} from "./field-schema.ts";
import { messageSchema } from "./message-schema.ts";
import { isStream, streamedRequestBody } from "./streams.ts";
import type { RequestBody, Schema } from "./types.ts";

const JSON_TYPE = "application/json";

/** The part of a rule that the body follows. */
export interface BodyRule {
  readonly verb: string;
  /** `*` for all fields that the path does not set, else the name of a field. */
  readonly body: string;
  readonly variables: readonly string[];
}

/**
 * The body of a call: JSON, or the lines of a stream. Errors: ContractError for a body of a GET or DELETE, or one that is no
 * field.
 */
export function requestBody(method: DescMethod, rule: BodyRule, deps: SchemaDeps): RequestBody {
  const body = bareBody(method, rule, deps);
  const content = Object.entries(body.content).map(([type, media]) => [
    type,
    { ...media, ...requestExamples(method, type) },
  ]);
  return { ...body, content: Object.fromEntries(content) };
}

function bareBody(method: DescMethod, rule: BodyRule, deps: SchemaDeps): RequestBody {
  const { input } = method;
  if (rule.verb === "get" || rule.verb === "delete") {
    throw new ContractError(`${rule.verb.toUpperCase()} has no body`);
  }
  if (isStream(method, rule.body)) return streamedRequestBody(method, deps);
  const direction: Direction = rule.verb === "patch" ? "patch" : "request";
  if (rule.body === "*") return wholeBody(input, direction, rule, deps);
  const field = input.fields.find(({ name }) => name === rule.body);
  if (field === undefined) throw new ContractError(`${input.typeName} has no field ${rule.body}`);
  const { description } = propertySchema(field, direction, deps);
  return {
    ...(description !== undefined && { description }),
    required: isRequired(field, deps.options),
    content: json(ofPath(field, direction, rule, deps) ?? fieldSchema(field, direction, deps)),
  };
}

/** The schema of a resource whose id must be given, where the path has it: in the body it may be left out. Undefined for any other. */
function ofPath(
  { fieldKind, message }: DescField,
  direction: Direction,
  { variables }: BodyRule,
  deps: SchemaDeps,
): Schema | undefined {
  if (fieldKind !== "message") return undefined;
  const { required = [], ...schema } = messageSchema(message, direction, deps);
  const left = required.filter((name) => !variables.includes(name));
  if (left.length === required.length) return undefined;
  return {
    title: `${message.name}Replacement`,
    ...schema,
    ...(left.length > 0 && { required: left }),
  };
}

/** A body that may be left out stands for an empty object. */
function wholeBody(
  input: DescMessage,
  direction: Direction,
  { variables }: BodyRule,
  deps: SchemaDeps,
): RequestBody {
  const schema = messageSchema(input, direction, deps, new Set(variables));
  const required = schema.required !== undefined;
  if (variables.length === 0) return { required, content: json(deps.refer(input, direction)) };
  return { required, content: json({ title: input.name, ...schema }) };
}

function json(schema: Schema): RequestBody["content"] {
  return { [JSON_TYPE]: { schema } };
}
