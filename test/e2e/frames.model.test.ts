import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { LocationSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_pb";
import {
  type LocationResult,
  LocationResultSchema,
} from "@geomesh/proto/es/geomesh/geo/v1/location_result_pb";
import {
  LookupFramesRequestSchema,
  LookupFramesResponseSchema,
} from "@geomesh/proto/es/geomesh/geo/v1/lookup_service_pb";
import { selectFields } from "@geomesh/terms/select-fields";
import {
  DEFAULT_SELECTION,
  readSelection,
  type SelectedMembers,
  selectsOptIn,
} from "@geomesh/terms/selection";
import { createTestClock } from "@geomesh/testing/test-clock";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type FrameAnswers, loadGatewayEnd, loadGeoEnd } from "../support/frame-ends.ts";

const geo = await loadGeoEnd();
const gateway = await loadGatewayEnd();
const RESULT = LocationResultSchema.field;
/** What requests may want of a location. */
const SELECTIONS = [
  [],
  ["city", "timezone.name", "security"],
  ["network", "country_code", "flag.emoji", "timezone.local_time", "is_overridden"],
  ["*", "names", "-connection", "-timezone.current_time"],
  ["names"],
  ["country_facts.languages", "names.country", "country_code"],
].map((fields) => {
  const selection = readSelection({ fields, excludeFields: [] });
  if (!("members" in selection)) throw new Error(`${fields} is no selection`);
  const tree: SelectedMembers = new Map<number, SelectedMembers | "whole">([
    [RESULT.location.number, selection.members],
    [RESULT.error.number, "whole"],
  ]);
  return {
    selection,
    withNames: selectsOptIn(selection),
    writeResult: gateway.createJsonWriter(LocationResultSchema, undefined, { tree }),
    writeLocation: gateway.createJsonWriter(LocationSchema, undefined, { tree: selection.members }),
    select: (result: Uint8Array) =>
      selection === DEFAULT_SELECTION ? result : selectFields(result, tree),
  };
});
type Selected = (typeof SELECTIONS)[number];

const OVERRIDES = [
  '{"network":"1.3.7.0/24","city":"Campus"}',
  '{"network":"10.1.0.0/16","city":"Lab","timezone":{"name":"Asia/Kathmandu"}}',
].join("\n");

const HOUR_MS = 3_600_000;
const SEASON_MS = 250 * 24 * HOUR_MS;
/** Before summer time begins in Europe, and while it ends in the south. */
const START_MS = Date.UTC(2026, 2, 28, 22);

/**
 * One thing that happens to a stream. An answer is read `delayMs` after geo made it; `keep` false is a frame that had expired
 * by then.
 */
type Step =
  | {
      what: "ask";
      ipAddresses: string[];
      language: string;
      delayMs: number;
      keep: boolean;
      selected: Selected;
    }
  | { what: "advance"; ms: number }
  | { what: "swap" }
  | { what: "reopen" };

interface Model {
  readonly partsMax: number;
  readonly renderedBytesMax: number;
  readonly geoPartsMax: number;
  readonly steps: readonly Step[];
}

const block = fc.nat(geo.VARIED_BLOCKS - 1);
const ipAddress = fc.oneof(
  { weight: 6, arbitrary: block.map((n) => `1.${n}.2.3`) },
  { weight: 3, arbitrary: block.map((n) => `2a00:${n}::1`) },
  { weight: 1, arbitrary: block.map((n) => `::ffff:1.${n}.2.3`) },
  {
    weight: 2,
    arbitrary: fc.constantFrom("1.3.7.9", "10.1.2.3", "10.2.3.4", "::1", "fe80::1", "9.9.9.9"),
  },
  { weight: 1, arbitrary: fc.constantFrom("", "1.2.3", "nonsense", 'a"\\\u0001é', "x".repeat(99)) },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      what: fc.constant("ask" as const),
      ipAddresses: fc.array(ipAddress, { maxLength: 25 }),
      language: fc.constantFrom("", "en", "ja", "fr"),
      delayMs: fc.constantFrom(0, 0, 1, 1_500, 2 * HOUR_MS),
      keep: fc.boolean(),
      selected: fc.constantFrom(...SELECTIONS),
    }),
  },
  {
    weight: 4,
    arbitrary: fc
      .constantFrom(1, 999, 1_000, HOUR_MS, 24 * HOUR_MS, SEASON_MS, -HOUR_MS, -SEASON_MS)
      .map((ms) => ({ what: "advance" as const, ms })),
  },
  { weight: 1, arbitrary: fc.constant({ what: "swap" as const }) },
  { weight: 1, arbitrary: fc.constant({ what: "reopen" as const }) },
);
const model: fc.Arbitrary<Model> = fc.record({
  // 0 is a gateway that asks for plain answers.
  partsMax: fc.constantFrom(0, 1, 3, 20, 60, 5_000, 5_000, 5_000),
  renderedBytesMax: fc.constantFrom(0, 3_000, 1_000_000),
  geoPartsMax: fc.constantFrom(1, 25, 60, 100_000, 100_000, 100_000),
  steps: fc.array(step, { maxLength: 40 }),
});

/** Plays a model: what answers say must be what a plain stream says at the same moment, whenever they are read. */
function play({ partsMax, renderedBytesMax, geoPartsMax, steps }: Model): void {
  const clock = createTestClock(START_MS);
  let build = 1;
  const compose = () =>
    geo.composerOf(geo.variedDatasets(build++), { overrides: OVERRIDES, partsMax: geoPartsMax });
  const live = { composer: compose() };
  const context = new geo.LookupContext({ live, clock, countAddresses: () => undefined });
  const open = () => ({
    frames: new geo.AnsweredFrames(context),
    reader: gateway.createAnswerReader({ partsMax, renderedBytesMax }, { clock }),
  });
  const plain = new geo.AnsweredFrames(context);
  const held: (() => void)[] = [];
  let stream = open();
  steps.forEach((what, frameId) => {
    if (what.what === "advance") clock.setWall(clock.wallMs() + what.ms);
    else if (what.what === "swap") live.composer = compose();
    else if (what.what === "reopen") stream = open();
    else {
      const { ipAddresses, language, delayMs, selected } = what;
      const { withNames } = selected;
      const asked = { frameId, ipAddresses, language, withNames };
      const ask = () => plain.answer(request(asked));
      const made = ask();
      const bytes = stream.frames.answer(request({ ...asked, partsMax }));
      clock.setWall(clock.wallMs() + delayMs);
      const answers = stream.reader.read(bytes);
      if (!what.keep) return;
      expect([answers.frameId, answers.count]).toEqual([frameId, ipAddresses.length]);
      const expected = expectedResults(bytes, { made, read: ask() }).map((result) =>
        shownPlainly(result, selected),
      );
      const check = () =>
        expect(expected.map((_, at) => shown(answers, at, selected))).toEqual(expected);
      // Some answers are read when later frames have changed everything.
      if (frameId % 3 === 0) held.push(check);
      else check();
    }
  });
  for (const check of held) check();
}

function request(frame: {
  frameId: number;
  ipAddresses: string[];
  language: string;
  withNames: boolean;
  partsMax?: number;
}): Uint8Array {
  return toBinary(LookupFramesRequestSchema, create(LookupFramesRequestSchema, frame));
}

/** Plain answers of the moment that each was written at: by geo where it is whole, else by the gateway. */
function expectedResults(bytes: Buffer, plain: { made: Buffer; read: Buffer }): LocationResult[] {
  const { framedResults } = fromBinary(LookupFramesResponseSchema, bytes);
  const made = fromBinary(LookupFramesResponseSchema, plain.made).results;
  const read = fromBinary(LookupFramesResponseSchema, plain.read).results;
  return made.map((result, at) => {
    const framed = framedResults[at];
    return framed === undefined || framed.whole !== undefined
      ? result
      : (read[at] as LocationResult);
  });
}

/** All that a reader tells of an answer, in texts that are quick to compare. */
function shown(answers: FrameAnswers, at: number, { selection }: Selected): string[] {
  const bytes = answers.resultBytesOf(at, selection);
  const result = fromBinary(LocationResultSchema, bytes);
  const problem = answers.problemOf(at);
  return [
    Buffer.from(toBinary(LocationResultSchema, result)).toString("latin1"),
    answers.resultJsonOf(at, selection),
    problem === undefined ? answers.locationJsonOf(at, selection) : problem.message,
    String(answers.unitsOf(at)),
  ];
}

/** The same of a plain answer. */
function shownPlainly(
  result: LocationResult,
  { select, writeResult, writeLocation }: Selected,
): string[] {
  const bytes = toBinary(LocationResultSchema, result);
  const selected = fromBinary(LocationResultSchema, select(bytes));
  const { case: found, value } = result.result;
  const isFree = found !== "location" || value.specialPurpose !== undefined;
  return [
    Buffer.from(toBinary(LocationResultSchema, selected)).toString("latin1"),
    writeResult(bytes),
    found === "location" ? writeLocation(toBinary(LocationSchema, value)) : (value?.message ?? ""),
    isFree ? "0" : "1",
  ];
}

test("answers by reference are the plain answers, through resets, swaps, changes of offset and dropped frames", () => {
  fc.assert(fc.property(model, play), { numRuns: 40 });
});
