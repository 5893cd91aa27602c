import type { DescMessage } from "@bufbuild/protobuf";
import { ContractError } from "./contract-error.ts";
import type { Direction, SchemaDeps } from "./field-schema.ts";
import { isSelectable, messageSchema } from "./message-schema.ts";
import type { OptionReader } from "./options.ts";
import type { Schema } from "./types.ts";

/** The component schemas of a document. */
export interface SchemaComponents extends SchemaDeps {
  /** Every component that is referred to, directly or by another component, by name. */
  readonly all: () => Record<string, Schema>;
}

interface Entry {
  readonly message: DescMessage;
  readonly direction: Direction;
}

/**
 * Names and collects messages. A message that is both sent and answered is two components, because other fields are
 * required: `Key` is answered, `KeyInput` is sent, `KeyPatch` is sent in a PATCH. One whose keys a request may select is
 * answered whole as `Location` and in part as `LocationSelection`.
 */
export function createComponents(options: OptionReader): SchemaComponents {
  const entries = new Map<string, Entry>();

  function refer(message: DescMessage, direction: Direction): Schema {
    if (direction !== "response" || !isSelectable(message, options)) {
      return referOne(message, direction);
    }
    return { anyOf: [referOne(message, "response"), referOne(message, "selection")] };
  }

  function referOne(message: DescMessage, direction: Direction): Schema {
    const name = componentName(message, direction);
    const known = entries.get(name);
    if (known === undefined) entries.set(name, { message, direction });
    else if (known.message !== message || known.direction !== direction) {
      throw new ContractError(`${known.message.typeName} and ${message.typeName} are both ${name}`);
    }
    return { $ref: `#/components/schemas/${name}` };
  }

  function all(): Record<string, Schema> {
    const schemas: [string, Schema][] = [];
    // Grows while it is walked, as schemas refer to others.
    for (const [name, { message, direction }] of entries) {
      schemas.push([name, messageSchema(message, direction, { options, refer })]);
    }
    return Object.fromEntries(schemas.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  return { options, refer, all };
}

/** Without the package, with a suffix for messages that are sent or answered in part. */
function componentName({ typeName, file }: DescMessage, direction: Direction): string {
  const name = typeName.slice(file.proto.package.length + 1);
  if (direction === "patch") return `${name}Patch`;
  if (direction === "selection") return `${name}Selection`;
  return direction === "response" || name.endsWith("Request") ? name : `${name}Input`;
}
