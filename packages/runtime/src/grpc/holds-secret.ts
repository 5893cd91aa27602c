import type { DescField, DescMessage } from "@bufbuild/protobuf";

/**
 * True for a message that holds a secret: a field of it, or of a message in it, that its contract marks with `debug_redact`
 * (google/protobuf/descriptor.proto).
 */
export function holdsSecret(message: DescMessage): boolean {
  const seen = new Set([message]);
  // A message that is found is looked at in turn, once.
  for (const { fields } of seen) {
    for (const field of fields) {
      if (field.proto.options?.debugRedact === true) return true;
      const inner = messageOf(field);
      if (inner !== undefined) seen.add(inner);
    }
  }
  return false;
}

function messageOf(field: DescField): DescMessage | undefined {
  return field.fieldKind === "scalar" || field.fieldKind === "enum" ? undefined : field.message;
}
