import { createLog } from "@geomesh/runtime/log";
import { createTestClock } from "@geomesh/testing/test-clock";
import { expect, test } from "vitest";
import type { DatasetFacts } from "../layers/layer.ts";
import { isStale, StaleWarnings } from "./stale.ts";

const DAY_MS = 24 * 3_600_000;
const START_MS = Date.UTC(2026, 2, 1);

function facts(name: string, buildTime: Date): DatasetFacts {
  return { name, buildTime } as DatasetFacts;
}

test("a dataset is stale once it is 31 days old", () => {
  const built = { buildTime: new Date(START_MS) };
  expect(isStale(built, START_MS + 31 * DAY_MS - 1)).toBe(false);
  expect(isStale(built, START_MS + 31 * DAY_MS)).toBe(true);
});

test("each build that becomes stale is one warning, also a later one of the same file", () => {
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  const log = createLog({ service: "geo", level: "info", destination: { write } });
  const clock = createTestClock(START_MS);
  const warnings = new StaleWarnings({ clock, log });
  const [city, asn] = [facts("city", new Date(START_MS)), facts("asn", new Date(START_MS))];
  for (let day = 0; day < 40; day++) {
    warnings.check([city, facts("fresh", new Date(clock.wallMs()))]);
    clock.advance(DAY_MS);
  }
  warnings.check([city, asn]);
  warnings.check([facts("city", new Date(START_MS + DAY_MS)), asn]);
  expect(
    lines.map((line) => JSON.parse(line)).map(({ dataset, ageDays }) => [dataset, ageDays]),
  ).toEqual([
    ["city", 31],
    ["asn", 40],
    ["city", 39],
  ]);
});
