import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { type Location, LocationSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_pb";
import { LocationResultSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_result_pb";
import { LookupFramesResponseSchema } from "@geomesh/proto/es/geomesh/geo/v1/lookup_service_pb";
import {
  DEFAULT_SELECTION,
  readSelection,
  type SelectedMembers,
  type Selection,
} from "@geomesh/terms/selection";
import { createTestClock } from "@geomesh/testing/test-clock";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createJsonWriter } from "../transcode/json-writer.ts";
import { messagesOf } from "../transcode/testing/messages.ts";
import { createAnswerReader } from "./frame-answers.ts";
import { PlainAnswers } from "./plain-answers.ts";

const writeAll = createJsonWriter(LocationSchema);
const PATHS = LocationSchema.fields.flatMap((field) => [
  field.name,
  ...(field.message?.fields.map(({ name }) => `${field.name}.${name}`) ?? []),
]);

/** Most select something; the others are left to `readSelection`. */
const selections = fc
  .record({
    included: fc.array(fc.constantFrom("*", ...PATHS), { maxLength: 6 }),
    left: fc.array(fc.constantFrom(...PATHS), { maxLength: 4 }),
    excludeFields: fc.array(fc.constantFrom(...PATHS), { maxLength: 3 }),
  })
  .map(({ included, left, excludeFields }) => {
    const fields = [...included, ...left.map((path) => `-${path}`)];
    return readSelection({ fields, excludeFields });
  })
  .filter((selection): selection is Selection => !Array.isArray(selection));
const locations = messagesOf(LocationSchema) as fc.Arbitrary<Location>;

/** What a selection leaves of the JSON of a whole location, in its order. */
function filtered(desc: typeof LocationSchema, json: Json, members: SelectedMembers): Json {
  const left: [string, unknown][] = [];
  for (const field of desc.fields) {
    const inside = members.get(field.number);
    if (inside === undefined) continue;
    const value = json[field.name];
    const isPart = inside !== "whole" && field.fieldKind === "message";
    left.push([
      field.name,
      isPart ? filtered(field.message as never, value as Json, inside) : value,
    ]);
  }
  return Object.fromEntries(left);
}

type Json = Record<string, unknown>;
const utf8 = (text: string) => Buffer.from(text, "latin1").toString();

test("the JSON of a selection is that of the whole location, without the other keys", () => {
  fc.assert(
    fc.property(locations, selections, (location, selection) => {
      const all: Json = JSON.parse(utf8(writeAll(toBinary(LocationSchema, location))));
      const expected = JSON.stringify(filtered(LocationSchema, all, selection.members));
      const result = create(LocationResultSchema, {
        result: { case: "location", value: location },
      });
      const bytes = Buffer.from(toBinary(LocationResultSchema, result));
      const answers = new PlainAnswers(1, [bytes]);
      const text = (json: string) => JSON.stringify(JSON.parse(utf8(json)));
      expect(text(answers.locationJsonOf(0, selection))).toBe(expected);
      expect(text(answers.resultJsonOf(0, selection))).toBe(`{"location":${expected}}`);
      // The message with the selected fields has the same JSON but for what is not selected.
      const { result: left } = fromBinary(
        LocationResultSchema,
        answers.resultBytesOf(0, selection),
      );
      const rest: Json = JSON.parse(
        utf8(writeAll(toBinary(LocationSchema, left.value as Location))),
      );
      expect(JSON.stringify(filtered(LocationSchema, rest, selection.members))).toBe(expected);
    }),
  );
});

const PARTS: MessageInitShape<typeof LookupFramesResponseSchema>["parts"] = [
  { number: 1, part: { case: "place", value: { city: "Bern", flag: { emoji: "🇨🇭" } } } },
  {
    number: 2,
    part: {
      case: "zone",
      value: {
        name: "UTC",
        changeTime: { seconds: 1n << 40n },
        current: { abbreviation: "UTC" },
        next: { abbreviation: "UTC" },
      },
    },
  },
  { number: 3, part: { case: "connection", value: { connection: { ispName: "I" } } } },
  { number: 4, part: { case: "security", value: { security: { isTor: true } } } },
];
const maybePart = (number: number) => fc.constantFrom(0, number);

test("answers in parts have the JSON of the same answers as whole messages, in any selection", () => {
  fc.assert(
    fc.property(
      fc.record({
        place: maybePart(1),
        zone: maybePart(2),
        connection: maybePart(3),
        security: maybePart(4),
      }),
      fc.array(fc.oneof(selections, fc.constant(DEFAULT_SELECTION)), { maxLength: 40 }),
      (parts, asked) => {
        const clock = createTestClock(1_000);
        const frame = create(LookupFramesResponseSchema, {
          ...{ frameId: 1, generation: 1, parts: PARTS },
          framedResults: [{ ipAddress: "192.0.2.1", network: "192.0.2.0/24", ...parts }],
        });
        const kept = { partsMax: 10, renderedBytesMax: 2_000 };
        const answers = createAnswerReader(kept, { clock }).read(
          Buffer.from(toBinary(LookupFramesResponseSchema, frame)),
        );
        const whole = new PlainAnswers(1, [Buffer.from(answers.resultBytesOf(0))]);
        for (const selection of asked) {
          expect(answers.locationJsonOf(0, selection)).toBe(whole.locationJsonOf(0, selection));
          expect(answers.resultJsonOf(0, selection)).toBe(whole.resultJsonOf(0, selection));
          expect(Buffer.from(answers.resultBytesOf(0, selection))).toEqual(
            Buffer.from(whole.resultBytesOf(0, selection)),
          );
        }
      },
    ),
  );
});
