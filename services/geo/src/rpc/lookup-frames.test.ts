import { Location } from "@geomesh/proto/grpc/geomesh/geo/v1/location";
import type { LocationResult } from "@geomesh/proto/grpc/geomesh/geo/v1/location_result";
import {
  type FramedResult,
  LookupFramesRequest,
  LookupFramesResponse,
  type Part,
  type Zone,
} from "@geomesh/proto/grpc/geomesh/geo/v1/lookup_service";
import { localTime } from "@geomesh/terms/local-time";
import { createTestClock } from "@geomesh/testing/test-clock";
import { expect, test } from "vitest";
import type { LocationComposer } from "../answer/location-composer.ts";
import type { LiveComposer } from "../live/live-composer.ts";
import { composerOf } from "../testing/locate.ts";
import { VARIED_BLOCKS, variedDatasets } from "../testing/varied-datasets.ts";
import { LookupContext } from "./lookup-context.ts";
import { AnsweredFrames } from "./lookup-frames.ts";

const FILES = variedDatasets(1);
const OVERRIDES =
  '{"network":"1.3.7.0/24","city":"Campus"}\n{"network":"10.1.0.0/16","city":"Lab"}';
const ALL = [
  ...Array.from({ length: VARIED_BLOCKS }, (_, n) => [`1.${n}.2.3`, `2a00:${n}::1`]).flat(),
  ...["1.3.7.1", "10.1.1.1", "10.2.1.1", "::1", "9.9.9.9", "nonsense", "::ffff:1.2.3.4"],
];

/** Streams to one geo, whose composer and clock a test may change. */
function geoWith(composer: LocationComposer) {
  const clock = createTestClock(Date.UTC(2026, 2, 28, 12));
  const live = { composer } as LiveComposer;
  const context = new LookupContext({ live, clock, countAddresses: () => undefined });
  return { live, clock, stream: (partsMax: number) => new StreamReader(context, partsMax) };
}

/** Reads the answers of a stream as the contract says it, and checks the numbers. */
class StreamReader {
  /** As the last response. */
  generation = 0;
  parts: (Part["part"] & object)[] = [];
  readonly #partsMax: number;
  readonly #frames: AnsweredFrames;

  constructor(context: LookupContext, partsMax: number) {
    this.#frames = new AnsweredFrames(context);
    this.#partsMax = partsMax;
  }

  ask(ipAddresses: readonly string[], { language = "", frameId = 7, atMs = 0 } = {}) {
    const frame = { frameId, ipAddresses: [...ipAddresses], language, partsMax: this.#partsMax };
    const bytes = this.#frames.answer(LookupFramesRequest.encode(frame).finish());
    const response = LookupFramesResponse.decode(bytes);
    expect(response.frameId).toBe(frameId);
    if (response.generation !== 0) this.#define(response);
    const framed = response.framedResults.map((result) => this.#resolve(result, atMs));
    return { ...response, all: [...response.results, ...framed], bytes };
  }

  #define({ generation, parts }: LookupFramesResponse): void {
    expect(generation).toBeGreaterThanOrEqual(this.generation);
    if (generation > this.generation) this.parts = [];
    this.generation = generation;
    for (const { number, part } of parts) {
      this.parts.push(part as Part["part"] & object);
      expect(number).toBe(this.parts.length);
      expect(number).toBeLessThanOrEqual(this.#partsMax);
    }
  }

  #resolve(result: FramedResult, atMs: number): LocationResult {
    if (result.whole !== undefined) return result.whole;
    const { ipAddress, network, place, zone, connection, security } = result;
    const named = [place, connection, security].map(
      (number) => (this.parts[number - 1]?.value ?? {}) as Partial<Location>,
    );
    const timezone = zone === 0 ? undefined : timezoneOf(this.parts[zone - 1]?.value as Zone, atMs);
    const bytes = named.map((part) => Location.encode(Location.fromPartial(part)).finish());
    const own = Location.fromPartial({ ipAddress, network, ...(timezone && { timezone }) });
    const value = Location.decode(Buffer.concat([Location.encode(own).finish(), ...bytes]));
    return { result: { $case: "location", value } };
  }
}

function timezoneOf({ name, current, next, changeTime }: Zone, atMs: number) {
  const offset = atMs < Number(changeTime) ? current : next;
  if (offset === undefined) throw new Error("a zone without offsets");
  const { abbreviation, utcOffsetSeconds, isDst } = offset;
  const { timeOfDay, dateTime } = localTime(atMs, utcOffsetSeconds);
  const texts = { currentTime: timeOfDay, localTime: dateTime };
  return {
    name,
    abbreviation,
    gmtOffset: utcOffsetSeconds / 3600,
    utcOffsetSeconds,
    isDst,
    ...texts,
  };
}

test("a stream that states no parts gets plain answers, whatever later frames state", () => {
  const geo = geoWith(composerOf(FILES));
  const stream = geo.stream(0);
  const answer = stream.ask(ALL);
  expect(answer).toMatchObject({ generation: 0, parts: [], framedResults: [] });
  expect(answer.results).toHaveLength(ALL.length);
});

test("answers by reference say what plain answers say, and each part is sent once", () => {
  const geo = geoWith(composerOf(FILES, { overrides: OVERRIDES }));
  const [plain, stream] = [geo.stream(0), geo.stream(1000)];
  for (const language of ["", "ja", "fr", ""]) {
    const atMs = geo.clock.wallMs();
    const [expected, found] = [plain, stream].map((each) => each.ask(ALL, { language, atMs }));
    expect(found?.all).toEqual(expected?.results);
    geo.clock.advance(1_000);
  }
  expect(stream.generation).toBe(1);
  expect(stream.ask(ALL).parts).toEqual([]);
  const shared = Array.from({ length: 8 }, (_, n) => `1.${n}.9.9`);
  const [short, long] = [stream, plain].map((each) => each.ask(shared).bytes.length);
  expect(short).toBeLessThan((long as number) / 5);
});

test("overridden addresses, errors and parts above 4,096 bytes are answered whole", () => {
  const geo = geoWith(composerOf(FILES, { overrides: OVERRIDES }));
  const isWhole = (text: string) =>
    geo.stream(1000).ask([text]).framedResults[0]?.whole !== undefined;
  expect(["1.3.7.1", "10.1.1.1", "nonsense", "1.8.0.1"].map(isWhole)).toEqual(Array(4).fill(true));
  expect(["1.3.8.1", "10.2.1.1", "9.9.9.9", "1.7.0.1"].map(isWhole)).toEqual(Array(4).fill(false));
});

test("a zone gets a new part when its offset has run out, and when the clock is set back", () => {
  const geo = geoWith(composerOf(FILES));
  const stream = geo.stream(1000);
  const zones = () => {
    const atMs = geo.clock.wallMs();
    const found = stream.ask(["1.0.0.1"], { atMs });
    expect(found.all).toEqual(geo.stream(0).ask(["1.0.0.1"]).results);
    return found.parts.flatMap(({ part }) => (part?.$case === "zone" ? [part.value] : []));
  };
  const change = Date.UTC(2026, 2, 29, 1);
  const [gmt, bst] = [
    { abbreviation: "GMT", utcOffsetSeconds: 0, isDst: false },
    { abbreviation: "BST", utcOffsetSeconds: 3600, isDst: true },
  ];
  const first = { name: "Europe/London", current: gmt, changeTime: new Date(change), next: bst };
  expect(zones()).toEqual([first]);
  geo.clock.setWall(change - 1);
  expect(zones()).toEqual([]);
  geo.clock.setWall(change);
  expect(zones()).toMatchObject([{ current: bst, next: bst }]);
  geo.clock.setWall(change - 1);
  expect(zones()).toEqual([first]);
});

test("another composer begins a new generation", () => {
  const geo = geoWith(composerOf(FILES));
  const stream = geo.stream(1000);
  stream.ask(ALL);
  geo.live.composer = composerOf(variedDatasets(2));
  expect(stream.ask(["1.0.0.1"])).toMatchObject({
    generation: 2,
    parts: [{ number: 1 }, {}, {}, {}],
  });
  expect(stream.ask(["1.0.0.1"])).toMatchObject({ generation: 2, parts: [] });
});

test("no part has a number above what the caller keeps: all numbers begin again", () => {
  const geo = geoWith(composerOf(FILES));
  const stream = geo.stream(12);
  const plain = geo.stream(0).ask(ALL, {}).results;
  const atMs = geo.clock.wallMs();
  const generations = ALL.map((text, i) => {
    const { all, generation } = stream.ask([text], { atMs });
    expect(all).toEqual([plain[i]]);
    return generation;
  });
  expect(new Set(generations).size).toBeGreaterThan(3);
});

test("a frame that needs more parts than the caller keeps has the rest whole", () => {
  const geo = geoWith(composerOf(FILES));
  const stream = geo.stream(20);
  const expected = geo.stream(0).ask(ALL).results;
  for (let round = 1; round <= 3; round++) {
    const found = stream.ask(ALL, { atMs: geo.clock.wallMs() });
    expect(found.all).toEqual(expected);
    expect(found.framedResults.filter(({ whole }) => whole === undefined).length).toBeGreaterThan(
      5,
    );
    expect(found.generation).toBe(round);
  }
});

test("when geo forgets its parts within a frame, the frame starts over or is answered plainly", () => {
  const geo = geoWith(composerOf(FILES, { partsMax: 40 }));
  const stream = geo.stream(1000);
  const expected = geo.stream(0).ask(ALL).results;
  const kinds = new Set<string>();
  for (const size of [1, 5, 10, 40, ALL.length, 3, 7, 20]) {
    for (let from = 0; from < ALL.length; from += size) {
      const asked = ALL.slice(from, from + size);
      const { all, generation } = stream.ask(asked, { atMs: geo.clock.wallMs() });
      expect(all).toEqual(expected.slice(from, from + size));
      kinds.add(generation === 0 ? "plain" : "by reference");
    }
  }
  expect([...kinds].sort()).toEqual(["by reference", "plain"]);
  expect(stream.generation).toBeGreaterThan(3);
});
