const DEPTH_MAX = 8;
const MEMBERS_MAX = 100;
const TEXT_CHARS_MAX = 8_192;
const REDACTED = "[redacted]";
const UNREADABLE = "[unreadable]";

/** Names of members that hold credentials. */
const SECRETS = new Set([
  ...["authorization", "x-api-key", "api_key", "apikey", "secret", "password", "credential"],
]);

/**
 * A value as it can stand in a line of JSON, whatever it is: errors with their causes, BigInts as text, circles and what
 * cannot be read named as such. Eight levels, 100 members of each, and 8,192 characters of a text are kept. Credentials are
 * blanked at every level, by the name of their member. Errors keep their stack unless `stacks` is false. Never throws.
 */
export function loggable(value: unknown, { stacks = true }: LoggableOptions = {}): unknown {
  return copyOf(value, { above: [], stacks });
}

/** What a copy keeps. */
export interface LoggableOptions {
  readonly stacks?: boolean;
}

/** Where a copy is: the objects that hold it, and what it keeps. */
interface Place {
  readonly above: readonly object[];
  readonly stacks: boolean;
}

function copyOf(value: unknown, place: Place): unknown {
  switch (typeof value) {
    case "string":
      return textOf(value);
    case "bigint":
      return `${value}`;
    case "symbol":
      return value.toString();
    case "function":
      return "[function]";
    case "object":
      if (value === null) return null;
      if (place.above.includes(value)) return "[circular]";
      if (place.above.length >= DEPTH_MAX) return "[more]";
      return unlessUnreadable(() => objectOf(value, { ...place, above: [...place.above, value] }));
    default:
      return value;
  }
}

function textOf(text: string): string {
  return text.length <= TEXT_CHARS_MAX ? text : `${text.slice(0, TEXT_CHARS_MAX)}…`;
}

function objectOf(value: object, place: Place): unknown {
  if (value instanceof Error) return errorOf(value, place);
  if (Array.isArray(value)) return listOf(value, place);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Map) return listOf([...value.entries()], place);
  if (value instanceof Set) return listOf([...value], place);
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === "function") return copyOf(toJSON.call(value), place);
  return membersOf(value, place);
}

const listOf = (list: readonly unknown[], place: Place) =>
  list.slice(0, MEMBERS_MAX).map((each) => copyOf(each, place));

/** The name is that of the class. What an error has by inheritance or hides from enumeration is read by name. */
function errorOf(error: Error, place: Place): object {
  const read = (name: string) =>
    unlessUnreadable(() => copyOf((error as unknown as Record<string, unknown>)[name], place));
  const named: Record<string, unknown> = { type: read("name"), message: read("message") };
  for (const name of ["cause", "errors"]) {
    const value = read(name);
    if (value !== undefined) named[name] = value;
  }
  const { name: _name, ...others } = membersOf(error, place);
  return place.stacks ? { ...others, ...named, stack: read("stack") } : { ...others, ...named };
}

function membersOf(value: object, place: Place): Record<string, unknown> {
  const members: Record<string, unknown> = {};
  for (const name of Object.keys(value).slice(0, MEMBERS_MAX)) {
    members[name] = SECRETS.has(name.toLowerCase())
      ? REDACTED
      : unlessUnreadable(() => copyOf((value as Record<string, unknown>)[name], place));
  }
  return members;
}

/** Getters, proxies and `toJSON` may throw anything. */
function unlessUnreadable<T>(read: () => T): T | string {
  try {
    return read();
  } catch {
    return UNREADABLE;
  }
}
