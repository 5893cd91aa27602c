import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence, hasCustomJsonRepresentation } from "@bufbuild/protobuf/wkt";
import type { FieldTree } from "./field-tree.ts";
import { enumText, scalarDefault } from "./json-value.ts";
import { messagesIn } from "./messages-in.ts";

/**
 * What is written for a field that is not set: its default; `null` where presence is told from the default; `[]` and `{}` for
 * lists and maps. A message is an object of unset values, but `null` where it is `optional`, where its JSON has a form of its
 * own (a wrapper, Timestamp, Any, Struct and so on), and where its type contains itself, as that object would have no end. With
 * a tree, of a message these fields alone.
 */
export function unsetText(field: DescField, tree: FieldTree | "whole" = "whole"): string {
  if (field.fieldKind === "list") return "[]";
  if (field.fieldKind === "map") return "{}";
  if (field.fieldKind === "message") {
    return field.proto.proto3Optional || isNullUnset(field.message)
      ? "null"
      : unsetMessage(field.message, tree);
  }
  if (field.presence !== FeatureSet_FieldPresence.IMPLICIT) return "null";
  if (field.fieldKind === "scalar") return scalarDefault(field.scalar);
  return enumText(field.enum, field.enum.values[0]?.number ?? 0);
}

/** Members of a oneof are written only when set. */
function unsetMessage({ fields }: DescMessage, tree: FieldTree | "whole"): string {
  const insideOf = (field: DescField) => (tree === "whole" ? tree : tree.get(field.number));
  const members = fields.flatMap((field) => {
    const inside = insideOf(field);
    if (field.oneof !== undefined || inside === undefined) return [];
    return [`"${field.name}":${unsetText(field, inside)}`];
  });
  return `{${members.join(",")}}`;
}

const isNullUnset = (desc: DescMessage) =>
  hasCustomJsonRepresentation(desc) || messagesIn(desc).has(desc);
