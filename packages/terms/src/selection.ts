import { type DescField, type DescMessage, getOption } from "@bufbuild/protobuf";
import { LocationSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_pb";
import { opt_in } from "@geomesh/proto/es/geomesh/policy/v1/policy_pb";
import { type AllowedGroups, refusingGroup } from "./field-groups.ts";

/** Most paths of `fields` and `exclude_fields` together. */
const PATHS_MAX = 100;
/** Selections that are kept. Where one more would be too many, all others are forgotten first. */
const KEPT_MAX = 1_000;
const KEPT_TEXT_CHARS_MAX = 1_000;
const EVERYTHING = "*";
const EXCLUDED = "-";

/** Keys of a location. */
export interface Selection {
  /** Equal texts select the same keys. Empty for what is answered where a request names none. */
  readonly key: string;
  readonly members: SelectedMembers;
}

/** The selected fields of a message by number: whole, or some of their own. Neither is ever empty. */
export type SelectedMembers = ReadonlyMap<number, SelectedMembers | "whole">;

/** What a request says of the keys that it wants: the paths of its two field masks. */
export interface AskedKeys {
  /** A path with `-` before it leaves the key out; `*` is every key that is answered where none is named. */
  readonly fields: readonly string[];
  readonly excludeFields: readonly string[];
  /** Undefined where the plan allows all keys. */
  readonly groups?: AllowedGroups | undefined;
}

/** What is wrong with one of the masks. */
export interface SelectionMistake {
  readonly field: "fields" | "exclude_fields";
  readonly description: string;
  /** Where it names a key that the plan does not allow: the group of the key. */
  readonly group?: string;
}

type Members = Map<number, Members | "whole">;

const OPT_IN = LocationSchema.fields.filter((field) => getOption(field, opt_in));

/** What is answered where a request names no key: all but those that must be named. */
export const DEFAULT_SELECTION: Selection = { key: "", members: defaultMembers() };

const DEFAULT_KEY = keyOf(DEFAULT_SELECTION.members);
const KEPT = new Map<string, Selection | readonly SelectionMistake[]>();

/**
 * Reads which keys of a location a request wants. The same masks give the same object, as long as it is kept. What is wrong
 * is told by a list: an unknown key, too many paths, nothing left; or else all keys that are named and not allowed. What is
 * not allowed is not selected by `*`, and may be left out.
 */
export function readSelection(asked: AskedKeys): Selection | readonly SelectionMistake[] {
  const { fields, excludeFields, groups } = asked;
  const namesNone = fields.length === 0 && excludeFields.length === 0;
  if (namesNone && groups === undefined) return DEFAULT_SELECTION;
  if (fields.length + excludeFields.length > PATHS_MAX) {
    return [{ field: "fields", description: `must have at most ${PATHS_MAX} paths` }];
  }
  const text = textOf(asked);
  const found = KEPT.get(text);
  if (found !== undefined) return found;
  const selection = compile(asked);
  if (KEPT.size >= KEPT_MAX) KEPT.clear();
  if (text.length <= KEPT_TEXT_CHARS_MAX) KEPT.set(text, selection);
  return selection;
}

/**
 * Tells masks apart. Paths of binary messages may hold any character, so that no separator would; the one path that most
 * requests have is its own text, which no list in JSON equals where it is a name.
 */
function textOf({ fields, excludeFields, groups }: AskedKeys): string {
  if (groups !== undefined) return JSON.stringify([fields, excludeFields, groups.key]);
  const [first = ""] = fields;
  const isOne = fields.length === 1 && excludeFields.length === 0;
  return isOne && !first.startsWith("[") ? first : JSON.stringify([fields, excludeFields]);
}

/** Whether a selection has a key of the location, whole or in part. */
export function selects({ members }: Selection, { number }: Pick<DescField, "number">): boolean {
  return members.has(number);
}

/** Whether a selection has a key that comes only where it is named. */
export function selectsOptIn({ members }: Pick<Selection, "members">): boolean {
  return OPT_IN.some(({ number }) => members.has(number));
}

function compile(asked: AskedKeys): Selection | readonly SelectionMistake[] {
  const { fields, excludeFields, groups } = asked;
  const mistakes: SelectionMistake[] = [];
  const refused: SelectionMistake[] = [];
  const numbersOf = (field: SelectionMistake["field"], path: string) => {
    const numbers = numbersOfPath(path);
    if (numbers === undefined) {
      mistakes.push({
        field,
        description: `names ${JSON.stringify(path)}, which is no key of a location`,
      });
    }
    return numbers ?? [];
  };
  const isExcluded = (path: string) => path.startsWith(EXCLUDED);
  const included = fields.filter((path) => !isExcluded(path));
  const members: Members = new Map();
  if (included.length === 0 || included.includes(EVERYTHING)) {
    for (const number of DEFAULT_SELECTION.members.keys()) {
      if (refusingGroup(groups, number) === undefined) members.set(number, "whole");
    }
  }
  for (const path of included.filter((each) => each !== EVERYTHING)) {
    const numbers = numbersOf("fields", path);
    const group = numbers[0] === undefined ? undefined : refusingGroup(groups, numbers[0]);
    if (group === undefined) include(members, numbers);
    else refused.push(refusal(path, group));
  }
  for (const path of fields.filter(isExcluded)) {
    exclude(members, numbersOf("fields", path.slice(EXCLUDED.length)), LocationSchema);
  }
  for (const path of excludeFields) {
    exclude(members, numbersOf("exclude_fields", path), LocationSchema);
  }
  if (mistakes.length > 0) return mistakes;
  if (refused.length > 0) return refused;
  if (members.size === 0) return [{ field: "fields", description: "leaves no key" }];
  const key = keyOf(members);
  return key === DEFAULT_KEY ? DEFAULT_SELECTION : { key, members };
}

const refusal = (path: string, group: string): SelectionMistake => ({
  field: "fields",
  description: `names ${JSON.stringify(path)}, of the group ${JSON.stringify(group)}, which the plan does not allow`,
  group,
});

function defaultMembers(): SelectedMembers {
  const fields = LocationSchema.fields.filter((field) => !OPT_IN.includes(field));
  return new Map(fields.map(({ number }) => [number, "whole"]));
}

/** The numbers of the fields along a path; undefined where it names no key. */
function numbersOfPath(path: string): number[] | undefined {
  const numbers: number[] = [];
  let desc: DescMessage | undefined = LocationSchema;
  for (const name of path.split(".")) {
    const field: DescField | undefined = desc?.fields.find((each) => each.name === name);
    if (field === undefined) return undefined;
    numbers.push(field.number);
    desc = field.fieldKind === "message" ? field.message : undefined;
  }
  return numbers;
}

function include(members: Members, [number, ...inside]: readonly number[]): void {
  if (number === undefined) return;
  const there = members.get(number);
  if (there === "whole") return;
  if (inside.length === 0) members.set(number, "whole");
  else {
    const own = there ?? new Map();
    members.set(number, own);
    include(own, inside);
  }
}

function exclude(
  members: Members,
  [number, ...inside]: readonly number[],
  { fields }: DescMessage,
): void {
  const there = number === undefined ? undefined : members.get(number);
  if (number === undefined || there === undefined) return;
  const field = fields.find((each) => each.number === number);
  if (inside.length === 0 || field?.fieldKind !== "message") {
    members.delete(number);
    return;
  }
  const { message } = field;
  const own: Members =
    there === "whole" ? new Map(message.fields.map((each) => [each.number, "whole"])) : there;
  exclude(own, inside, message);
  if (own.size === 0) members.delete(number);
  else members.set(number, own);
}

/** Fields by number, so that the order of the paths makes no difference. */
function keyOf(members: SelectedMembers): string {
  return [...members]
    .toSorted(([a], [b]) => a - b)
    .map(([number, inside]) => (inside === "whole" ? `${number}` : `${number}(${keyOf(inside)})`))
    .join(",");
}
