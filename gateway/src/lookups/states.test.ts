import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { LocationSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_pb";
import { LocationResultSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_result_pb";
import { LookupFramesResponseSchema } from "@geomesh/proto/es/geomesh/geo/v1/lookup_service_pb";
import { createTestClock } from "@geomesh/testing/test-clock";
import { expect, test } from "vitest";
import { createAnswerReader } from "./frame-answers.ts";
import { PlainAnswers } from "./plain-answers.ts";

const CHANGE_MS = Date.UTC(2026, 2, 29, 1);
type LocationInit = MessageInitShape<typeof LocationSchema>;

interface Content {
  readonly ipAddress: string;
  readonly network: string;
  readonly place: LocationInit;
  readonly zone: string;
  readonly connection: string;
  readonly isVpn: boolean;
}

const CONTENT: Content = {
  ...{ ipAddress: "192.0.2.1", network: "192.0.2.0/24", place: { city: "Geneva" } },
  ...{ zone: "Europe/Zurich", connection: "ISP", isVpn: false },
};

const offset = (abbreviation: string, utcOffsetSeconds: number) => ({
  abbreviation,
  utcOffsetSeconds,
});

/** The state of an answer in parts; `before` are parts that other answers of the generation have. */
function stateOf(content: Partial<Content> = {}, wallMs = 0, before = 0): string {
  const { place, zone, connection, isVpn, ...own } = { ...CONTENT, ...content };
  const others = Array.from({ length: before }, (_, at) => ({
    number: at + 1,
    part: { case: "place" as const, value: { city: `${at}` } },
  }));
  const changeTime = timestampFromMs(CHANGE_MS);
  const offsets = { current: offset("CET", 3_600), next: offset("CEST", 7_200) };
  const frame = create(LookupFramesResponseSchema, {
    ...{ frameId: 1, generation: 1 + before },
    parts: [
      ...others,
      { number: before + 1, part: { case: "place", value: place } },
      {
        number: before + 2,
        part: { case: "zone", value: { name: zone, changeTime, ...offsets } },
      },
      {
        number: before + 3,
        part: { case: "connection", value: { connection: { ispName: connection } } },
      },
      { number: before + 4, part: { case: "security", value: { security: { isVpn } } } },
    ],
    framedResults: [
      {
        ...own,
        place: before + 1,
        zone: before + 2,
        connection: before + 3,
        security: before + 4,
      },
    ],
  });
  const clock = createTestClock(wallMs);
  const reader = createAnswerReader({ partsMax: 100, renderedBytesMax: 10_000 }, { clock });
  const answers = reader.read(Buffer.from(toBinary(LookupFramesResponseSchema, frame)));
  const state = answers.stateOf(0);
  expect(answers.stateOf(0)).toBe(state);
  return state;
}

test("equal content has one state, whatever the numbers of its parts and the generation", () => {
  expect(stateOf({}, 0, 9)).toBe(stateOf());
});

test.each<[what: string, other: Partial<Content>]>([
  ["address", { ipAddress: "192.0.2.2" }],
  ["network", { network: "192.0.2.0/25" }],
  ["place", { place: { city: "Bern" } }],
  ["language of its names", { place: { city: "Genf" } }],
  ["names in all languages", { place: { city: "Geneva", names: { city: { de: "Genf" } } } }],
  ["special purpose", { place: { specialPurpose: "Private-Use" } }],
  ["zone", { zone: "Europe/Vaduz" }],
  ["connection", { connection: "Other" }],
  ["security", { isVpn: true }],
])("another %s is another state", (_what, other) => {
  expect(stateOf(other)).not.toBe(stateOf());
});

test("the clock alone makes no other state, and another offset does", () => {
  expect(stateOf({}, CHANGE_MS - 1)).toBe(stateOf({}, 0));
  expect(stateOf({}, CHANGE_MS)).not.toBe(stateOf({}, CHANGE_MS - 1));
  expect(stateOf({}, CHANGE_MS + 86_400_000)).toBe(stateOf({}, CHANGE_MS));
});

function wholeStateOf(value: LocationInit): string {
  const result = create(LocationResultSchema, { result: { case: "location", value } });
  return new PlainAnswers(1, [Buffer.from(toBinary(LocationResultSchema, result))]).stateOf(0);
}

test("whole answers have a state as well, in which the clock says nothing", () => {
  const timezone = { name: "UTC", abbreviation: "UTC", currentTime: "1", localTime: "1" };
  const location = { ipAddress: "192.0.2.1", isOverridden: true };
  const state = wholeStateOf({ ...location, timezone });
  const later = { ...timezone, currentTime: "2", localTime: "2" };
  expect(wholeStateOf({ ...location, timezone: later })).toBe(state);
  const others: LocationInit[] = [
    { ...location, timezone: { ...timezone, isDst: true } },
    { ...location, timezone: { ...timezone, abbreviation: "GMT" } },
    { ...location, timezone, city: "Bern" },
    { ...location, timezone, isOverridden: false },
    { ...location, timezone, names: { city: { de: "Bern" } } },
    { ...location, timezone, ipAddress: "192.0.2.2" },
  ];
  const states = others.map(wholeStateOf);
  expect(new Set([state, ...states]).size).toBe(1 + others.length);
});
