import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { ContractError } from "./contract-error.ts";
import {
  describe,
  fieldSchema,
  isObjectMessage,
  isRequired,
  type SchemaDeps,
} from "./field-schema.ts";
import type { Parameter } from "./types.ts";

/** Parameters for the variables of a path. Errors: ContractError for a variable that no path can set. */
export function pathParameters(
  input: DescMessage,
  variables: readonly string[],
  deps: SchemaDeps,
): Parameter[] {
  return variables.map((name) => {
    const field = input.fields.find((each) => each.name === name);
    if (field === undefined || field.fieldKind === "list" || !isText(field)) {
      throw new ContractError(`{${name}} names no field of ${input.typeName} that a path can set`);
    }
    return { name, in: "path", required: true, ...parameterParts(field, deps) };
  });
}

/** Parameters for fields that are neither in the path nor in the body. Errors: ContractError for an object. */
export function queryParameters(fields: readonly DescField[], deps: SchemaDeps): Parameter[] {
  return fields.map((field) => {
    if (!isText(field)) throw new ContractError(`${field} cannot be a query parameter`);
    return {
      name: field.name,
      in: "query",
      ...(isRequired(field, deps.options) && { required: true }),
      ...(field.fieldKind === "list" && { style: "form", explode: true }),
      ...parameterParts(field, deps),
    };
  });
}

function parameterParts(field: DescField, deps: SchemaDeps) {
  const schema = fieldSchema(field, "request", deps);
  const description = describe(field, schema);
  return {
    ...(description !== undefined && { description }),
    ...(field.deprecated && { deprecated: true }),
    schema,
  };
}

/** Whether a text can hold the field, or one element of it. */
function isText(field: DescField): boolean {
  if (field.fieldKind === "map" || field.oneof !== undefined) return false;
  return field.message === undefined || !isObjectMessage(field.message);
}
