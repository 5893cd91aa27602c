import { createLog } from "@geomesh/runtime/log";
import { eventually } from "@geomesh/testing/eventually";
import { createTestClock } from "@geomesh/testing/test-clock";
import { expect, onTestFinished, test } from "vitest";
import { startUseReports, type UseReportsDeps } from "./report-uses.ts";

type ReportKeyUse = UseReportsDeps["directory"]["reportKeyUse"];
type Request = Parameters<ReportKeyUse>[0];

function reportsTo(reportKeyUse: (request: Request) => unknown, intervalMs?: number) {
  const clock = createTestClock(Date.UTC(2026, 10, 30, 12, 0, 30));
  const lines: { msg: string }[] = [];
  const log = createLog({
    service: "test",
    destination: { write: (line) => void lines.push(JSON.parse(line)) },
  });
  let isClosed = false;
  const directory = {
    reportKeyUse: (async (request: Request) => reportKeyUse(request)) as ReportKeyUse,
    close: () => {
      isClosed = true;
    },
  };
  const reports = startUseReports({ directory, clock, log }, intervalMs ? { intervalMs } : {});
  onTestFinished(() => reports.close());
  return { ...reports, lines, isClosed: () => isClosed };
}

const idsIn = (request: Request) => (request.uses ?? []).map(({ keyId }) => keyId);

test("uses are told again and again, at most 1,000 at once, by the minute", async () => {
  const requests: Request[] = [];
  const { note } = reportsTo((request) => requests.push(request), 5);
  for (let n = 0; n < 2_500; n += 1) note(`key_${n}`);
  await eventually(() => requests.length === 3);
  expect(requests.map((request) => request.uses?.length)).toEqual([1_000, 1_000, 500]);
  const seconds = BigInt(Date.UTC(2026, 10, 30, 12) / 1_000);
  expect(requests[0]?.uses?.[0]).toMatchObject({ useTime: { seconds, nanos: 0 } });
  note("key_late");
  await eventually(() => requests.length === 4);
  expect(requests.map(idsIn).at(-1)).toEqual(["key_late"]);
});

test("what is not told by the end is told then, and the client is closed", async () => {
  const requests: Request[] = [];
  const { note, close, isClosed } = reportsTo((request) => requests.push(request));
  note("key_a");
  await close();
  expect(requests.map(idsIn)).toEqual([["key_a"]]);
  expect(isClosed()).toBe(true);
});

test("while auth is unavailable uses are kept, and that is logged once", async () => {
  let isDown = true;
  const told: string[] = [];
  let calls = 0;
  const { note, lines } = reportsTo((request) => {
    calls += 1;
    if (isDown) throw new Error("down");
    told.push(...(idsIn(request) as string[]));
  }, 5);
  note("key_a");
  await eventually(() => calls >= 2);
  note("key_b");
  isDown = false;
  await eventually(() => expect(told).toEqual(["key_a", "key_b"]));
  await eventually(() => lines.length === 2);
  expect(lines.map(({ msg }) => msg)).toEqual([
    "cannot tell auth when keys were used",
    "auth is told again when keys were used",
  ]);
});

test("an auth that does not answer holds the end up for 2 s at most", {
  timeout: 10_000,
}, async () => {
  const { note, close } = reportsTo(() => new Promise(() => undefined));
  note("key_a");
  const startedMs = performance.now();
  await close();
  expect(performance.now() - startedMs).toBeLessThan(5_000);
});
