import type { DescMessage, DescOneof } from "@bufbuild/protobuf";
import { commentOf } from "./comments.ts";
import {
  type Direction,
  isAnswered,
  isRequired,
  propertySchema,
  type SchemaDeps,
} from "./field-schema.ts";
import type { OptionReader } from "./options.ts";
import { ruleTexts } from "./rules.ts";
import type { Schema } from "./types.ts";

/**
 * The JSON object of a message, without the fields in `elsewhere`, which the path sets. A response has every key except
 * members of a oneof and what must be asked for; a request has no other keys.
 */
export function messageSchema(
  message: DescMessage,
  direction: Direction,
  deps: SchemaDeps,
  elsewhere: ReadonlySet<string> = new Set(),
): Schema {
  const { options } = deps;
  const fields = message.fields.filter(
    (field) =>
      !elsewhere.has(field.name) &&
      !(isAnswered(direction) && options.behaviors(field).includes("INPUT_ONLY")),
  );
  const required = fields.filter((field) => {
    if (direction === "response") return field.oneof === undefined && !options.isOptIn(field);
    return direction === "request" && isRequired(field, options);
  });
  const description = describe(message, direction);
  const rules = isAnswered(direction) ? [] : ruleTexts(options.messageRules(message)).sort();
  return {
    type: "object",
    ...(description !== undefined && { description }),
    properties: Object.fromEntries(
      fields.map((field) => [field.name, propertySchema(field, direction, deps)]),
    ),
    ...(required.length > 0 && { required: required.map(({ name }) => name) }),
    ...oneOfRequired(message.oneofs, deps),
    ...(!isAnswered(direction) && { additionalProperties: false }),
    ...(message.deprecated && { deprecated: true }),
    ...(rules.length > 0 && { "x-geomesh-rules": rules }),
  };
}

/** Whether requests may select which keys of a message are answered: where it has some that must be asked for. */
export function isSelectable({ fields }: DescMessage, options: OptionReader): boolean {
  return fields.some((field) => options.isOptIn(field));
}

function describe(message: DescMessage, direction: Direction): string | undefined {
  const comment = commentOf(message);
  if (direction !== "selection") return comment;
  return [comment, "Only the keys that the request selects and the plan allows."]
    .filter(Boolean)
    .join("\n\n");
}

/** The choice of a oneof that must be set; of several such oneofs, of the first. */
function oneOfRequired(oneofs: readonly DescOneof[], { options }: SchemaDeps): Schema {
  const oneof = oneofs.find((each) => options.oneofRules(each)["required"] === true);
  return oneof === undefined
    ? {}
    : { oneOf: oneof.fields.map(({ name }) => ({ required: [name] })) };
}
