import { LocationSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_pb";
import fc from "fast-check";
import { expect, test } from "vitest";
import { allowedGroups, FIELD_GROUPS, refusingGroup } from "./field-groups.ts";
import {
  DEFAULT_SELECTION,
  readSelection,
  type Selection,
  type SelectionMistake,
} from "./selection.ts";

const SEED = 20_261_130;
const IN_NO_GROUP = ["ip_address", "network", "special_purpose", "is_overridden"];
const NAMES = LocationSchema.fields.map(({ name }) => name);
const NUMBER_OF = new Map(LocationSchema.fields.map(({ name, number }) => [name, number]));

const read = (
  groups: readonly string[],
  fields: readonly string[],
  excludeFields: readonly string[] = [],
) => readSelection({ fields, excludeFields, groups: allowedGroups(groups) });

function keysOf(selection: Selection | readonly SelectionMistake[]): string[] {
  const { members } = selection as Selection;
  return NAMES.filter((name) => members.has(NUMBER_OF.get(name) ?? 0));
}

const allows = (groups: readonly string[], name: string) =>
  refusingGroup(allowedGroups(groups), NUMBER_OF.get(name) ?? 0) === undefined;

test("the groups are those of the contract, and some keys are in none", () => {
  const names = ["connection", "currency", "flag", "place", "security", "timezone"];
  expect(FIELD_GROUPS).toEqual(names);
  expect(NAMES.filter((name) => allows(["none such"], name)).toSorted()).toEqual(
    IN_NO_GROUP.toSorted(),
  );
  expect(NAMES.filter((name) => !allows(["place"], name))).toEqual(
    names
      .filter((name) => name !== "place")
      .toSorted((a, b) => NAMES.indexOf(a) - NAMES.indexOf(b)),
  );
});

test("no group and all groups mean all keys, by the selection that everybody has", () => {
  for (const groups of [[], FIELD_GROUPS, FIELD_GROUPS.toReversed()]) {
    expect(allowedGroups(groups)).toBeUndefined();
    expect(read(groups, [])).toBe(DEFAULT_SELECTION);
    expect(read(groups, ["*"])).toBe(DEFAULT_SELECTION);
  }
});

test("the same groups in any order are one object, and so are their selections", () => {
  expect(allowedGroups(["flag", "place"])).toBe(allowedGroups(["place", "flag"]));
  expect(read(["flag", "place"], [])).toBe(read(["place", "flag"], []));
  expect(read(["flag"], [])).not.toBe(read(["place"], []));
  expect((read(["flag"], []) as Selection).key).not.toBe((read(["place"], []) as Selection).key);
});

test.each<[why: string, fields: string[], excluded: string[], group: string[]]>([
  ["a key", ["city"], [], ["place"]],
  ["a key beside `*`", ["*", "city"], [], ["place"]],
  ["a key that is left out too", ["city"], ["city"], ["place"]],
  ["a part of a key", ["security.is_vpn", "ip_address"], [], ["security"]],
  ["one that must be named", ["names.city"], [], ["place"]],
  ["several", ["city", "security", "timezone"], [], ["place", "security"]],
])("naming %s that is not allowed is told with its group", (_why, fields, excluded, groups) => {
  const mistakes = read(["timezone"], fields, excluded) as SelectionMistake[];
  expect(mistakes.map(({ group }) => group)).toEqual(groups);
  const [{ field, description } = {}] = mistakes;
  expect(field).toBe("fields");
  expect(description).toMatch(
    /^names "[a-z_.]+", of the group "[a-z]+", which the plan does not allow$/,
  );
});

test("what is wrong else is told first, and as to everybody", () => {
  const mistakes = read(["timezone"], ["citty", "city"]);
  expect(mistakes).toEqual([
    { field: "fields", description: 'names "citty", which is no key of a location' },
  ]);
  const nothing = read(["timezone"], [], [...IN_NO_GROUP, "timezone"]);
  expect(nothing).toEqual([{ field: "fields", description: "leaves no key" }]);
});

test("an answer has the keys that are asked for and allowed; naming another is refused (seed 20261130)", () => {
  const names = fc.constantFrom(...NAMES);
  const asked = fc.record({
    groups: fc.subarray([...FIELD_GROUPS, "of a later version"]),
    included: fc.uniqueArray(fc.oneof(names, fc.constant("*")), { maxLength: 5 }),
    left: fc.uniqueArray(names, { maxLength: 5 }),
    isPrefixed: fc.boolean(),
  });
  fc.assert(
    fc.property(asked, ({ groups, included, left, isPrefixed }) => {
      const fields = [...included, ...(isPrefixed ? left.map((name) => `-${name}`) : [])];
      const selection = read(groups, fields, isPrefixed ? [] : left);
      const known = keysOfEverybody(fields, isPrefixed ? [] : left);
      const refused = included.filter((name) => name !== "*" && !allows(groups, name));
      if (refused.length > 0) {
        expect(selection).toMatchObject(refused.map(() => ({ group: expect.any(String) })));
        return;
      }
      const wanted = known.filter((name) => allows(groups, name));
      if (wanted.length === 0) expect(selection).toMatchObject([{ description: "leaves no key" }]);
      else expect(keysOf(selection)).toEqual(wanted);
    }),
    { seed: SEED, numRuns: 2_000 },
  );
});

/** The keys that are asked for where all are allowed. */
function keysOfEverybody(fields: readonly string[], excludeFields: readonly string[]): string[] {
  const selection = readSelection({ fields, excludeFields });
  return Array.isArray(selection) ? [] : keysOf(selection);
}
