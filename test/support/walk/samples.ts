import { type DescField, type DescMessage, getOption, type JsonObject } from "@bufbuild/protobuf";
import { FieldBehavior, field_behavior } from "@geomesh/proto/es/google/api/field_behavior_pb";

/** Values of fields by their full name, such as `geomesh.auth.v1.Plan.plan_id`, else by their name alone. */
export type SampleValues = Readonly<Record<string, unknown>>;

/**
 * The smallest request that the contract accepts: its required fields, and those that `values` names in full. Errors: Error
 * for a required field without a value: a new one needs a line in the test.
 */
export function sampleOf(message: DescMessage, values: SampleValues): JsonObject {
  const entries = message.fields.flatMap((field) => {
    const full = `${message.typeName}.${field.name}`;
    if (full in values) return [[field.name, values[full]]];
    return isRequired(field) ? [[field.name, requiredValue(field, full, values)]] : [];
  });
  return Object.fromEntries(entries);
}

function requiredValue(field: DescField, full: string, values: SampleValues): unknown {
  if (field.fieldKind === "message") return sampleOf(field.message, values);
  if (field.name in values) return values[field.name];
  throw new Error(`no sample for ${full}`);
}

function isRequired(field: DescField): boolean {
  return getOption(field, field_behavior).includes(FieldBehavior.REQUIRED);
}
