import type { DescField, DescMessage, DescMethod } from "@bufbuild/protobuf";
import type { OptionReader } from "../openapi/options.ts";

/** Fields that a service assigns wherever a resource has them: AIP-148 and 154. */
const ASSIGNED = ["etag", "create_time", "update_time", "state"];

/** AIP-158: what lists comes in pages, from the first version on. */
export function pageProblems(method: DescMethod, options: OptionReader): string[] {
  if (options.http(method) === undefined || !/^(?:List|Query)[A-Z]/.test(method.name)) return [];
  const missing = (message: DescMessage, ...names: string[]) =>
    names
      .filter((name) => !message.fields.some((field) => field.name === name))
      .map((name) => `has pages, so ${message.name} needs ${name}`);
  return [
    ...missing(method.input, "page_size", "page_token"),
    ...missing(method.output, "next_page_token"),
  ];
}

/** AIP-203: every field that a client may send says whether it is required, optional, or ignored. */
export function behaviorProblems(method: DescMethod, options: OptionReader): string[] {
  if (options.http(method) === undefined) return [];
  return fieldsBelow(method.input)
    .filter((field) => options.behaviors(field).length === 0)
    .map((field) => `${field.parent.name}.${field.name} has no field_behavior`);
}

/** The fields of a request and of the messages in it; those of Google's types are not ours. */
export function fieldsBelow(message: DescMessage, seen = new Set<DescMessage>()): DescField[] {
  if (seen.has(message) || !message.typeName.startsWith("geomesh.")) return [];
  seen.add(message);
  return message.fields.flatMap((field) => [
    field,
    ...(field.message === undefined ? [] : fieldsBelow(field.message, seen)),
  ]);
}

/** A resource has one identifier, `<resource>_id`, and what its service assigns is OUTPUT_ONLY. */
export function identifierProblems(message: DescMessage, options: OptionReader): string[] {
  const behaviors = (field: DescField) => options.behaviors(field);
  const ids = message.fields.filter((field) => behaviors(field).includes("IDENTIFIER"));
  const [id] = ids;
  if (id === undefined) return [];
  const name = message.name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, "_").toLowerCase();
  return [
    ...(ids.length === 1 && id.name === `${name}_id` ? [] : [`: needs one IDENTIFIER, ${name}_id`]),
    ...message.fields
      .filter((field) => ASSIGNED.includes(field.name))
      .filter((field) => !behaviors(field).includes("OUTPUT_ONLY"))
      .map((field) => `.${field.name}: is assigned by the service, so it is OUTPUT_ONLY`),
  ];
}
