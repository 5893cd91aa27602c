import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { LocationSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_pb";
import {
  type LocationResult,
  LocationResultSchema,
} from "@geomesh/proto/es/geomesh/geo/v1/location_result_pb";
import {
  LookupFramesResponseSchema,
  type PartSchema,
} from "@geomesh/proto/es/geomesh/geo/v1/lookup_service_pb";
import { DEFAULT_SELECTION } from "@geomesh/terms/selection";
import { createTestClock } from "@geomesh/testing/test-clock";
import { expect, test } from "vitest";
import type { FieldTree } from "../transcode/field-tree.ts";
import { createJsonWriter } from "../transcode/json-writer.ts";
import { createAnswerReader } from "./frame-answers.ts";

const CHANGE_MS = Date.UTC(2026, 2, 29, 1);
const { members } = DEFAULT_SELECTION;
const RESULT = LocationResultSchema.field;
const writeLocation = createJsonWriter(LocationSchema, undefined, { tree: members });
const writeResult = createJsonWriter(LocationResultSchema, undefined, {
  tree: new Map<number, FieldTree | "whole">([
    [RESULT.location.number, members],
    [RESULT.error.number, "whole"],
  ]),
});

type PartInit = MessageInitShape<typeof PartSchema>;
const part = (number: number, value: NonNullable<PartInit["part"]>): PartInit => ({
  number,
  part: value,
});

const PLACE = { city: 'Sant "Julià"', countryIsEu: false, latitude: 1.5, flag: { emoji: "🇦🇩" } };
const CONNECTION = { connection: { ispName: "ISP\n" } };
const SECURITY = { security: { isVpn: false } };
const OFFSETS = {
  current: { abbreviation: "GMT", utcOffsetSeconds: 0, isDst: false },
  next: { abbreviation: "BST", utcOffsetSeconds: 3600, isDst: true },
};
const PARTS = [
  part(1, { case: "place", value: PLACE }),
  part(2, {
    case: "zone",
    value: { name: "Europe/London", changeTime: timestampFromMs(CHANGE_MS), ...OFFSETS },
  }),
  part(3, { case: "connection", value: CONNECTION }),
  part(4, { case: "security", value: SECURITY }),
  part(5, { case: "place", value: { specialPurpose: "Private-Use" } }),
];
const ADDRESS = { ipAddress: "1.2.3.4", network: "1.2.3.0/24" };
const ALL = { ...ADDRESS, place: 1, zone: 2, connection: 3, security: 4 };

const frame = (init: MessageInitShape<typeof LookupFramesResponseSchema>) =>
  Buffer.from(toBinary(LookupFramesResponseSchema, create(LookupFramesResponseSchema, init)));
const defining = (
  parts: PartInit[],
  framedResults: MessageInitShape<typeof LookupFramesResponseSchema>["framedResults"] = [],
) => frame({ frameId: 1, generation: 1, parts, framedResults });
const located = (value: MessageInitShape<typeof LocationSchema>): LocationResult =>
  create(LocationResultSchema, { result: { case: "location", value } });
const failed = create(LocationResultSchema, {
  result: { case: "error", value: { ipAddress: "x", code: "invalid_argument", message: "no" } },
});

function readerWith({ partsMax = 100, renderedBytesMax = 1_000_000, wallMs = CHANGE_MS } = {}) {
  const clock = createTestClock(wallMs);
  const reader = createAnswerReader({ partsMax, renderedBytesMax }, { clock });
  return { clock, read: (bytes: Buffer) => reader.read(bytes) };
}

/** The location that ALL stands for, while summer time applies. */
const EXPECTED = {
  ...ADDRESS,
  ...PLACE,
  ...CONNECTION,
  ...SECURITY,
  isOverridden: false,
  timezone: {
    name: "Europe/London",
    abbreviation: "BST",
    gmtOffset: 1,
    utcOffsetSeconds: 3600,
    currentTime: "02:00:00",
    localTime: "2026-03-29T02:00:00+01:00",
    isDst: true,
  },
};

test("parts make a location, as JSON and as bytes", () => {
  const answers = readerWith().read(defining(PARTS, [ALL, ADDRESS]));
  const expected = [located(EXPECTED), located({ ...ADDRESS, isOverridden: false })];
  expect([answers.frameId, answers.count]).toEqual([1, 2]);
  for (const [at, result] of expected.entries()) {
    const bytes = toBinary(LocationResultSchema, result);
    expect(fromBinary(LocationResultSchema, answers.resultBytesOf(at))).toEqual(result);
    expect(answers.resultJsonOf(at, DEFAULT_SELECTION)).toBe(writeResult(bytes));
    expect(answers.locationJsonOf(at, DEFAULT_SELECTION)).toBe(
      writeLocation(toBinary(LocationSchema, result.result.value as never)),
    );
    expect([answers.unitsOf(at), answers.problemOf(at)]).toEqual([1, undefined]);
  }
});

test("the gateway's clock says the local time, and the second from which the next offset applies", () => {
  const { clock, read } = readerWith({ wallMs: CHANGE_MS - 1_000 });
  const times = (answers: ReturnType<typeof read>) => {
    const { timezone } = JSON.parse(answers.locationJsonOf(0, DEFAULT_SELECTION));
    return [timezone.local_time, timezone.current_time, timezone.abbreviation, timezone.is_dst];
  };
  const before = times(read(defining(PARTS, [ALL])));
  clock.advance(999);
  const stillBefore = times(read(defining([], [ALL])));
  clock.advance(1);
  const at = times(read(defining([], [ALL])));
  clock.advance(1_000);
  const after = times(read(defining([], [ALL])));
  expect([before, stillBefore, at, after]).toEqual([
    ["2026-03-29T00:59:59+00:00", "00:59:59", "GMT", false],
    ["2026-03-29T00:59:59+00:00", "00:59:59", "GMT", false],
    ["2026-03-29T02:00:00+01:00", "02:00:00", "BST", true],
    ["2026-03-29T02:00:01+01:00", "02:00:01", "BST", true],
  ]);
});

test("parts of a frame whose answers nobody reads are defined all the same", () => {
  const { read } = readerWith();
  read(defining(PARTS, []));
  expect(read(defining([], [ALL])).locationJsonOf(0, DEFAULT_SELECTION)).toContain("Sant");
});

test("a special-purpose address and an error cost nothing, and an error has its reason", () => {
  const special = { ...ADDRESS, place: 5 };
  const answers = readerWith().read(defining(PARTS, [special, { whole: failed }]));
  expect([answers.unitsOf(0), answers.unitsOf(1)]).toEqual([0, 0]);
  expect(answers.problemOf(0)).toBeUndefined();
  expect(answers.problemOf(1)).toMatchObject({ reason: "INVALID_ARGUMENT" });
  expect(answers.resultJsonOf(1, DEFAULT_SELECTION)).toBe(
    writeResult(toBinary(LocationResultSchema, failed)),
  );
});

test("a geo that ignores parts_max answers plainly, also between answers by reference", () => {
  const { read } = readerWith();
  read(defining(PARTS));
  const results = [located(EXPECTED), failed, located({ specialPurpose: "Loopback" })];
  const answers = read(frame({ frameId: 9, results }));
  expect([answers.frameId, answers.count]).toEqual([9, 3]);
  for (const [at, result] of results.entries()) {
    expect(answers.resultBytesOf(at)).toEqual(Buffer.from(toBinary(LocationResultSchema, result)));
  }
  expect([0, 1, 2].map((at) => answers.unitsOf(at))).toEqual([1, 0, 0]);
  expect(read(defining([], [ALL])).unitsOf(0)).toBe(1);
});

test("a new generation voids every number, but not the answers that were read before", () => {
  const { read } = readerWith();
  const before = read(defining(PARTS, [ALL]));
  const other = part(1, { case: "place", value: { city: "Elsewhere" } });
  const answers = read(
    frame({ generation: 2, parts: [other], framedResults: [{ ...ADDRESS, place: 1 }] }),
  );
  expect(answers.locationJsonOf(0, DEFAULT_SELECTION)).toContain("Elsewhere");
  expect(before.locationJsonOf(0, DEFAULT_SELECTION)).toBe(
    writeLocation(toBinary(LocationSchema, create(LocationSchema, EXPECTED))),
  );
  const used = frame({ generation: 2, framedResults: [ALL] });
  expect(() => read(used)).toThrow(/did not send/);
});

test.each<[string, Buffer, RegExp]>([
  ["a number that no part has", defining([], [ALL]), /did not send/],
  ["a part of another kind", defining(PARTS, [{ ...ADDRESS, connection: 4 }]), /did not send/],
  ["a zone as a place", defining(PARTS, [{ ...ADDRESS, place: 2 }]), /did not send/],
  ["a number that is not the next", defining(PARTS.slice(1)), /part 2 where 1 is next/],
  ["a number twice", defining([...PARTS.slice(0, 1), ...PARTS.slice(0, 1)]), /1 where 2 is next/],
  ["number 0", defining([part(0, { case: "place", value: {} })]), /0 where 1 is next/],
  ["parts of no generation", frame({ parts: PARTS, framedResults: [ALL] }), /no generation/],
  ["both forms", frame({ generation: 1, results: [failed] }), /plain and by reference/],
  ["1,001 answers", defining([], Array(1001).fill(ADDRESS)), /1001 answers/],
  ["a part of no kind", defining([{ number: 1 }]), /unknown kind/],
  [
    "a part of more than 4,096 bytes",
    defining([part(1, { case: "place", value: { city: "x".repeat(4100) } })]),
    /part of \d+ bytes/,
  ],
  [
    "a place with the fields of another part",
    defining([part(1, { case: "place", value: { ipAddress: "1.1.1.1" } })]),
    /fields of another/,
  ],
  [
    "a zone without its next offset",
    defining([part(1, { case: "zone", value: { name: "UTC", current: OFFSETS.current } })]),
    /without its offsets/,
  ],
  ["an address that JSON would have to escape", defining([], [{ ipAddress: '1"' }]), /is none/],
  ["an endless address", defining([], [{ ipAddress: "1".repeat(65) }]), /too long/],
])("%s is an error", (_, bytes, message) => {
  expect(() => readerWith().read(bytes)).toThrow(message);
});

test("an older generation is an error", () => {
  const { read } = readerWith();
  read(frame({ generation: 2 }));
  expect(() => read(frame({ generation: 1 }))).toThrow(/back to generation 1/);
});

test("more parts than were asked for are an error", () => {
  expect(() => readerWith({ partsMax: 5 }).read(defining(PARTS))).not.toThrow();
  expect(() => readerWith({ partsMax: 4 }).read(defining(PARTS))).toThrow(/more parts/);
});
