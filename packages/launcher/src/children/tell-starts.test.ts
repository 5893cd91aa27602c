import { createTestClock } from "@geomesh/testing/test-clock";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Children } from "./children.ts";
import { tellStarts } from "./tell-starts.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
});
afterEach(() => vi.useRealTimers());

test("a start is never silent for longer than 2 s, and says what it waits for and why", () => {
  const clock = createTestClock();
  const geo = { isUp: false, problems: ["no dataset can serve: /data has no .mmdb or .csv file"] };
  const auth = { isUp: false, problems: [] };
  const children = new Map(Object.entries({ geo, auth })) as unknown as Children;
  const said: string[] = [];
  const starts = tellStarts(children, { report: (line) => void said.push(line), clock });
  const pass = (ms: number) => {
    for (let passed = 0; passed < ms; passed += 100) {
      clock.advance(100);
      vi.advanceTimersByTime(100);
    }
    return said.splice(0);
  };
  expect(pass(0)).toEqual(["Starting geo, auth …"]);
  expect(pass(1_900)).toEqual([]);
  const waiting = "geo (no dataset can serve: /data has no .mmdb or .csv file)";
  expect(pass(100)).toEqual([`  waiting for ${waiting}, auth, 2.0 s`]);
  auth.isUp = true;
  expect(pass(100)).toEqual(["  auth is ready, 2.1 s"]);
  expect(pass(2_000)).toEqual([`  waiting for ${waiting}, 4.1 s`]);
  geo.isUp = true;
  starts.close();
  expect(pass(5_000)).toEqual(["  geo is ready, 4.1 s"]);
});
