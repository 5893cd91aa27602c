import { type DescField, type DescMessage, fromBinary } from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import { LocationSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_pb";
import { selectFields } from "./select-fields.ts";
import { type SelectedMembers, selectsOptIn } from "./selection.ts";

/** The media type of `valueText`. */
export const VALUE_MEDIA_TYPE = "text/plain; charset=utf-8";

/** The way to one value of a location: the fields of the messages around it, then its own. */
export interface ValuePath {
  readonly fields: readonly DescField[];
  /** The same as what is selected of a location. */
  readonly members: SelectedMembers;
  /** True for a value that locations have only where it is named. */
  readonly isOptIn: boolean;
}

const PATHS: ReadonlyMap<string, ValuePath> = new Map(
  pathsIn(LocationSchema).map((fields) => [nameOf(fields), pathOf(fields)]),
);
const UNKNOWN = "\n";

/** The way to a value such as `country_code` or `timezone.name`; a sentence for what is not the name of one value. */
export function readValuePath(text: string): ValuePath | string {
  return PATHS.get(text) ?? mistakeOf(text);
}

/**
 * A value of an encoded location as a line: a text as it is, numbers and booleans as JSON writes them, then a line feed. A value
 * that is unknown is an empty line. Errors: Error for malformed bytes.
 */
export function valueText(location: Uint8Array, { fields, members }: ValuePath): string {
  const message = fromBinary(LocationSchema, selectFields(location, members));
  let around: ReflectMessage = reflect(LocationSchema, message);
  for (const field of fields) {
    if (!around.isSet(field)) return UNKNOWN;
    if (field.fieldKind !== "message") return `${around.get(field)}\n`;
    around = around.get(field);
  }
  return UNKNOWN;
}

/** The ways to all values of a message. Lists and maps have no value of their own. */
function pathsIn({ fields }: DescMessage): DescField[][] {
  return fields.flatMap((field): DescField[][] => {
    if (field.fieldKind === "scalar") return [[field]];
    if (field.fieldKind !== "message") return [];
    return pathsIn(field.message).map((inside) => [field, ...inside]);
  });
}

function pathOf(fields: readonly DescField[]): ValuePath {
  const members = membersOf(fields);
  return { fields, members, isOptIn: selectsOptIn({ members }) };
}

function nameOf(fields: readonly DescField[]): string {
  return fields.map(({ name }) => name).join(".");
}

function membersOf([first, ...inside]: readonly DescField[]): SelectedMembers {
  if (first === undefined) return new Map();
  return new Map([[first.number, inside.length === 0 ? "whole" : membersOf(inside)]]);
}

function mistakeOf(text: string): string {
  const quoted = JSON.stringify(text);
  const field = fieldAt(text);
  if (field === undefined) return `names ${quoted}, which is no key of a location`;
  const inside = [...PATHS.keys()].filter((name) => name.startsWith(`${text}.`));
  if (inside.length > 0) return `must name one value: ${quoted} has ${inside.join(", ")}`;
  if (field.fieldKind === "list") return `must name one value: ${quoted} is a list`;
  const named = field.fieldKind === "message" ? field.message.fields : [field];
  const names = named.map(({ name }) => name).join(", ");
  return `must name one value: ${quoted} has several, by language; there is one of each in ${names}`;
}

/** The field that a text names, whether it is one value or not. */
function fieldAt(text: string): DescField | undefined {
  let desc: DescMessage | undefined = LocationSchema;
  let field: DescField | undefined;
  for (const name of text.split(".")) {
    field = desc?.fields.find((each) => each.name === name);
    desc = field?.fieldKind === "message" ? field.message : undefined;
  }
  return field;
}
