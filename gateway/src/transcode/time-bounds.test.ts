import {
  create,
  type DescMessage,
  fromJson,
  type JsonValue,
  type Message,
} from "@bufbuild/protobuf";
import { DurationSchema, TimestampSchema } from "@bufbuild/protobuf/wkt";
import { describe, expect, test } from "vitest";
import { FieldProblems } from "./field-problems.ts";
import { INNER, KINDS } from "./testing/kinds.ts";
import { problemsOf } from "./testing/problems.ts";
import { compileTimeBounds } from "./time-bounds.ts";

const NO_TIME = "must be a time from the year 1 to 9999";
const NO_DURATION = "must be a duration of at most 315,576,000,000 seconds";
const LATE = create(TimestampSchema, { seconds: 253_402_300_800n });
const LONG = create(DurationSchema, { seconds: 315_576_000_001n });

describe("an impossible time is found", () => {
  test.each<[where: string, init: Record<string, unknown>, problem: string]>([
    ["in a field", { timestamp: LATE }, `timestamp ${NO_TIME}`],
    ["in one with presence", { optionalDuration: LONG }, `optional_duration ${NO_DURATION}`],
    [
      "in a list",
      { timestampList: [create(TimestampSchema), LATE] },
      `timestamp_list[1] ${NO_TIME}`,
    ],
    ["in a map", { durationMap: { "a b": LONG } }, `duration_map["a b"] ${NO_DURATION}`],
    [
      "in a oneof",
      { choice: { case: "chosenTimestamp", value: LATE } },
      `chosen_timestamp ${NO_TIME}`,
    ],
    [
      "in a message that contains itself",
      { itself: { itself: { itself: { timestamp: LATE } } } },
      `itself.itself.itself.timestamp ${NO_TIME}`,
    ],
    [
      "in a list of messages",
      { listOfItself: [{}, { timestamp: LATE }] },
      `list_of_itself[1].timestamp ${NO_TIME}`,
    ],
    [
      "in a map of messages",
      { mapOfItself: { k: { timestamp: LATE } } },
      `map_of_itself["k"].timestamp ${NO_TIME}`,
    ],
    [
      "whose nanoseconds are too many",
      { timestamp: create(TimestampSchema, { nanos: 1_000_000_000 }) },
      `timestamp ${NO_TIME}`,
    ],
    [
      "whose parts have two signs",
      { duration: create(DurationSchema, { seconds: 1n, nanos: -1 }) },
      `duration ${NO_DURATION}`,
    ],
  ])("%s", (_where, init, problem) => {
    expect(problemsIn(KINDS, create(KINDS, init))).toEqual([problem]);
  });

  test("that is the whole message", () => {
    expect(problemsIn(TimestampSchema, LATE)).toEqual([`body ${NO_TIME}`]);
  });
});

test.each<JsonValue>([
  {},
  { timestamp: "9999-12-31T23:59:59.999999999Z", duration: "-315576000000s" },
  { struct: { seconds: 1e300 }, value: [1e300], chosenInt64: "9223372036854775807" },
])("nothing is wrong with %j", (json) => {
  const problems = new FieldProblems();
  compileTimeBounds(KINDS)?.(fromJson(KINDS, json), problems);
  expect(() => problems.throwIfAny()).not.toThrow();
});

test("a message that can have no time has no check", () => {
  expect(compileTimeBounds(INNER)).toBeUndefined();
});

function problemsIn(desc: DescMessage, message: Message): string[] {
  const problems = new FieldProblems();
  compileTimeBounds(desc)?.(message, problems);
  return problemsOf(() => problems.throwIfAny());
}
