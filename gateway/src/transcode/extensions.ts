import type { DescExtension, DescField, DescMessage, Registry } from "@bufbuild/protobuf";

/** The extensions of a message type as fields that are named as in JSON, `[package.name]`. */
export type ExtensionsOf = (desc: DescMessage) => readonly ExtensionField[];

/** An extension, as a field of the message that it extends. */
export interface ExtensionField {
  readonly extension: DescExtension;
  readonly field: DescField;
}

const NONE: readonly ExtensionField[] = [];

/** Finds the extensions that a registry has. */
export function extensionsIn(registry: Registry | undefined): ExtensionsOf {
  const byExtendee = new Map<string, ExtensionField[]>();
  for (const type of registry ?? []) {
    if (type.kind !== "extension") continue;
    const known = byExtendee.get(type.extendee.typeName) ?? [];
    byExtendee.set(type.extendee.typeName, [...known, { extension: type, field: asField(type) }]);
  }
  return ({ typeName }) => byExtendee.get(typeName) ?? NONE;
}

/** The library too handles an extension as a field of a message that has no other. */
function asField(extension: DescExtension): DescField {
  const { typeName, extendee: parent } = extension;
  const name = `[${typeName}]`;
  const field = { ...extension, kind: "field", parent, localName: typeName, name, jsonName: name };
  return field as DescField;
}
