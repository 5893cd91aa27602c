import type { DescMessage } from "@bufbuild/protobuf";
import { ContractError } from "./contract-error.ts";
import {
  type Direction,
  fieldSchema,
  isRequired,
  propertySchema,
  type SchemaDeps,
} from "./field-schema.ts";
import { messageSchema } from "./message-schema.ts";
import type { RequestBody, Schema } from "./types.ts";

/** The part of a rule that the body follows. */
export interface BodyRule {
  readonly verb: string;
  /** `*` for all fields that the path does not set, else the name of a field. */
  readonly body: string;
  readonly variables: readonly string[];
}

/** The JSON body of a call. Errors: ContractError for a body of a GET or DELETE, or one that is no field. */
export function requestBody(input: DescMessage, rule: BodyRule, deps: SchemaDeps): RequestBody {
  if (rule.verb === "get" || rule.verb === "delete") {
    throw new ContractError(`${rule.verb.toUpperCase()} has no body`);
  }
  const direction: Direction = rule.verb === "patch" ? "patch" : "request";
  if (rule.body === "*") return wholeBody(input, direction, rule, deps);
  const field = input.fields.find(({ name }) => name === rule.body);
  if (field === undefined) throw new ContractError(`${input.typeName} has no field ${rule.body}`);
  const { description } = propertySchema(field, direction, deps);
  return {
    ...(description !== undefined && { description }),
    required: isRequired(field, deps.options),
    content: json(fieldSchema(field, direction, deps)),
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
  return { "application/json": { schema } };
}
