import { create, setExtension } from "@bufbuild/protobuf";
import { hasNull } from "./body-field.ts";
import type { ReadField } from "./body-run.ts";
import type { ExtensionField } from "./extensions.ts";

/** Compiles the reading of an extension, which the library keeps in binary beside the fields; `read` reads it as a field. */
export function extensionReader({ extension, field }: ExtensionField, read: ReadField): ReadField {
  const alone = { ...extension.extendee, fields: [field], members: [field], oneofs: [] };
  const takesNull = hasNull(field);
  return (message, json, spot) => {
    if (json === null && !takesNull) return;
    const { problems } = spot.run;
    const container = create(alone);
    read(container, json, spot);
    const value = (container as unknown as Record<string, unknown>)[field.localName];
    try {
      setExtension(message, extension, value as never);
    } catch {
      // A message of proto2 that lacks a required field has no binary form.
      problems.add(`${spot.prefix}${field.name}`, "must have every required field");
    }
  };
}
