import type { DescField, DescMessage, Message } from "@bufbuild/protobuf";

/** A field that a contract names by a path, such as `account_id` or `key.account_id`. */
export interface FieldPath {
  readonly field: DescField;
  /** The message that has the field; undefined where a message on the way is unset. */
  readonly ownerOf: (message: Message) => Record<string, unknown> | undefined;
}

/** Resolves a path from a message on. Errors: Error where a name is no field, is in a oneof, or leads into no message. */
export function fieldPath(from: DescMessage, path: string): FieldPath {
  const names = path.split(".");
  const last = names.pop() ?? "";
  const steps: string[] = [];
  let message = from;
  for (const name of names) {
    const field = plainField(message, name);
    if (field.fieldKind !== "message") {
      throw new Error(`"${path}" leads through "${name}", which is not a message`);
    }
    steps.push(field.localName);
    message = field.message;
  }
  return { field: plainField(message, last), ownerOf: (start) => walk(start, steps) };
}

function plainField(message: DescMessage, name: string): DescField {
  const field = message.fields.find((each) => each.name === name);
  if (field === undefined || field.oneof !== undefined) {
    throw new Error(`"${name}" is not a plain field of ${message.typeName}`);
  }
  return field;
}

function walk(start: Message, steps: readonly string[]): Record<string, unknown> | undefined {
  let at: Record<string, unknown> | undefined = start as unknown as Record<string, unknown>;
  for (const step of steps) at = at?.[step] as Record<string, unknown> | undefined;
  return at;
}
