import type { DescField, DescMessage, Message } from "@bufbuild/protobuf";
import type { FieldProblems } from "./field-problems.ts";
import { type TextType, textTypeOf } from "./text-value.ts";

/** A field that a path or query can set. */
export interface TextField {
  /** In the contract. */
  readonly name: string;
  readonly isList: boolean;
  /** Sets the field, or adds to the list, to one of enums also several between commas; notes text that is not a value of its type. */
  readonly assign: (message: Message, text: string, problems: FieldProblems) => void;
}

type Fields = Record<string, unknown>;

/** Lists the fields of a message that a path or query can set, by their names in the contract and in proto3 JSON. */
export function textFields({ fields }: DescMessage): ReadonlyMap<string, TextField> {
  const byName = new Map<string, TextField>();
  for (const field of fields) {
    const type = textTypeOf(field);
    if (type === undefined || field.oneof !== undefined) continue;
    const textField = { name: field.name, isList: isList(field), assign: assigner(field, type) };
    byName.set(field.name, textField).set(field.jsonName, textField);
  }
  return byName;
}

const isList = ({ fieldKind }: DescField) => fieldKind === "list";

function assigner(field: DescField, { expected, read }: TextType): TextField["assign"] {
  const { name, localName } = field;
  const put: (fields: Fields, value: unknown) => void = isList(field)
    ? (fields, value) => (fields[localName] as unknown[]).push(value)
    : (fields, value) => {
        fields[localName] = value;
      };
  return (message, text, problems) => {
    for (const part of splits(field) ? text.split(",") : [text]) {
      const value = read(part);
      if (value === undefined) return problems.add(name, `must be ${expected}`);
      put(message as unknown as Fields, value);
    }
  };
}

/** Names of enums have no commas, so that a list of them may be written in one parameter. */
const splits = (field: DescField) => isList(field) && field.enum !== undefined;
