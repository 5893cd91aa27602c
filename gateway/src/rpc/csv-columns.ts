import type { DescField, DescMessage, Message } from "@bufbuild/protobuf";
import { LocationSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_pb";
import type { SelectedMembers } from "@geomesh/terms/selection";

const SPECIAL = /[",\r\n]/;
/** What a spreadsheet would take for the beginning of a formula. */
const FORMULA = /^[=+\-@\t\r\n]/;

/** A column of locations: the name of a value, such as `timezone.name`, and how it is read. */
export interface Column {
  readonly name: string;
  /** Empty where the value is unknown. */
  readonly cell: (location: Message) => string;
}

type Values = Readonly<Record<string, unknown>>;

/** A column for each value that is selected, in the order of the contract. */
export function columnsOf(members: SelectedMembers): Column[] {
  return columnsIn(LocationSchema, members, "", (location) => location as unknown as Values);
}

function columnsIn(
  { fields }: DescMessage,
  members: SelectedMembers | "whole",
  prefix: string,
  read: (location: Message) => Values | undefined,
): Column[] {
  return fields.flatMap((field): Column[] => {
    const selected = members === "whole" ? members : members.get(field.number);
    if (selected === undefined) return [];
    const name = prefix + field.name;
    const valueIn = (location: Message) => read(location)?.[field.localName];
    if (field.fieldKind === "message") {
      const inside = (location: Message) => valueIn(location) as Values | undefined;
      return columnsIn(field.message, selected, `${name}.`, inside);
    }
    return [{ name, cell: (location) => cellOf(valueIn(location), field) }];
  });
}

/** Numbers and truth values as JSON writes them; a map or list as its JSON. */
function cellOf(value: unknown, { fieldKind }: DescField): string {
  if (value === undefined || value === null) return "";
  if (fieldKind === "map" || fieldKind === "list") return textCell(JSON.stringify(value));
  return typeof value === "string" ? textCell(value) : String(value);
}

/**
 * A text as a field of CSV (RFC 4180, section 2). What a spreadsheet would take for a formula gets an apostrophe before it, which
 * spreadsheets do not show.
 */
export function textCell(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return SPECIAL.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
