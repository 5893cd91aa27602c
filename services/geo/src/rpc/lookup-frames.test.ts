import { expect, test } from "vitest";
import { composerOf } from "../testing/locate.ts";
import { writeMmdb } from "../testing/mmdb-writer.ts";
import { RECORDS } from "../testing/records.ts";
import { geoWith } from "../testing/stream-reader.ts";
import { VARIED_BLOCKS, variedDatasets } from "../testing/varied-datasets.ts";

const FILES = variedDatasets(1);
const OVERRIDES =
  '{"network":"1.3.7.0/24","city":"Campus"}\n{"network":"10.1.0.0/16","city":"Lab"}';
const ALL = [
  ...Array.from({ length: VARIED_BLOCKS }, (_, n) => [`1.${n}.2.3`, `2a00:${n}::1`]).flat(),
  ...["1.3.7.1", "10.1.1.1", "10.2.1.1", "::1", "9.9.9.9", "nonsense", "::ffff:1.2.3.4"],
];

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
  const end = new Date(Date.UTC(2026, 9, 25, 1));
  expect(zones()).toEqual([{ ...first, current: bst, changeTime: end, next: gmt }]);
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

test("names come by reference with their place, only in frames that ask for them", () => {
  const geo = geoWith(composerOf(FILES, { overrides: OVERRIDES }));
  const [plain, stream] = [geo.stream(0), geo.stream(1000)];
  for (const [language, withNames] of [
    ["", true],
    ["", false],
    ["ja", true],
    ["", true],
  ] as const) {
    const atMs = geo.clock.wallMs();
    const asked = { language, withNames, atMs };
    const [expected, found] = [plain, stream].map((each) => each.ask(ALL, asked));
    expect(found?.all).toEqual(expected?.results);
    const named = expected?.results.filter(
      ({ result }) => result?.$case === "location" && result.value.names !== undefined,
    );
    expect((named ?? []).length > 0).toBe(withNames);
  }
  expect(stream.generation).toBe(1);
  expect(stream.ask(ALL, { withNames: true }).parts).toEqual([]);
  const before = stream.parts.length;
  expect(stream.ask(["1.0.1.1"], { withNames: true }).bytes.length).toBeLessThan(60);
  expect(stream.parts.length).toBe(before);
});

test("a place that is longer than 4,096 bytes with its names is answered whole, and by reference without", () => {
  const names = Object.fromEntries(
    ["de", "en", "es", "fr", "ja"].map((language) => [language, language.repeat(450)]),
  );
  const long = { ...RECORDS.city, city: { names } };
  const files = { "city.mmdb": writeMmdb({ "1.0.0.0/8": long, "2.0.0.0/8": RECORDS.city }) };
  const geo = geoWith(composerOf(files));
  const stream = geo.stream(1000);
  const ask = (ipAddress: string, withNames: boolean) => {
    const expected = geo.stream(0).ask([ipAddress], { withNames }).results;
    const { all, framedResults } = stream.ask([ipAddress], { withNames, atMs: geo.clock.wallMs() });
    expect(all).toEqual(expected);
    return framedResults.map(({ whole }) => whole !== undefined);
  };
  const asked = [true, false, true].map((withNames) => ask("1.1.1.1", withNames));
  expect(asked).toEqual([[true], [false], [true]]);
  expect(ask("2.1.1.1", true)).toEqual([false]);
});

test("frames with names are answered in full where geo or the caller runs out of parts", () => {
  const expected = geoWith(composerOf(FILES)).stream(0).ask(ALL, { withNames: true }).results;
  for (const [partsMax, kept] of [
    [40, 1000],
    [1000, 20],
  ] as const) {
    const geo = geoWith(composerOf(FILES, { partsMax }));
    const stream = geo.stream(kept);
    for (const size of [1, 7, ALL.length, 3]) {
      for (let from = 0; from < ALL.length; from += size) {
        const atMs = geo.clock.wallMs();
        const found = stream.ask(ALL.slice(from, from + size), { withNames: true, atMs });
        expect(found.all).toEqual(expected.slice(from, from + size));
      }
    }
    expect(stream.generation).toBeGreaterThan(3);
  }
});
