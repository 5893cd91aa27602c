import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence, hasCustomJsonRepresentation } from "@bufbuild/protobuf/wkt";
import { enumText, scalarDefault } from "./json-value.ts";
import { messagesIn } from "./messages-in.ts";

/**
 * What is written for a field that is not set: its default; `null` where presence is told from the default; `[]` and `{}` for
 * lists and maps. A message is an object of unset values, but `null` where it is `optional`, where its JSON has a form of its
 * own (a wrapper, Timestamp, Any, Struct and so on), and where its type contains itself, as that object would have no end.
 */
export function unsetText(field: DescField): string {
  if (field.fieldKind === "list") return "[]";
  if (field.fieldKind === "map") return "{}";
  if (field.fieldKind === "message") {
    return field.proto.proto3Optional || isNullUnset(field.message)
      ? "null"
      : unsetMessage(field.message);
  }
  if (field.presence !== FeatureSet_FieldPresence.IMPLICIT) return "null";
  if (field.fieldKind === "scalar") return scalarDefault(field.scalar);
  return enumText(field.enum, field.enum.values[0]?.number ?? 0);
}

/** Members of a oneof are written only when set. */
function unsetMessage({ fields }: DescMessage): string {
  const members = fields.filter(({ oneof }) => oneof === undefined);
  return `{${members.map((field) => `"${field.name}":${unsetText(field)}`).join(",")}}`;
}

const isNullUnset = (desc: DescMessage) =>
  hasCustomJsonRepresentation(desc) || messagesIn(desc).has(desc);
