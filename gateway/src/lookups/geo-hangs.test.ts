import { createLog } from "@geomesh/runtime/log";
import { eventually } from "@geomesh/testing/eventually";
import { createTestClock } from "@geomesh/testing/test-clock";
import { expect, test } from "vitest";
import { FakeGeo } from "./testing/fake-geo.ts";
import { lookupsForTest } from "./testing/lookups.ts";

const TIMEOUT_MS = 2_000;
/** After so long a stream that broke, and is not answered again, is a problem. */
const UNAVAILABLE_MS = 1_000;
const IDLE_MS = 1_000;

function lookupsOver(geo: FakeGeo, streams = 1) {
  const clock = createTestClock();
  const lines: string[] = [];
  const log = createLog({
    service: "test",
    destination: { write: (line) => void lines.push(JSON.parse(line).msg) },
  });
  const made = lookupsForTest({ open: geo.open, clock, log }, { streams, timeoutMs: TIMEOUT_MS });
  const reasons = () => made.lookups.problems().map(({ reason }) => reason);
  return { ...made, clock, lines, reasons };
}

test("geo is asked at the start, and is a problem until it answers", async () => {
  const geo = new FakeGeo();
  geo.isHung = true;
  const { reasons, lookups } = lookupsOver(geo);
  expect(reasons()).toEqual(["geo_unavailable"]);
  await eventually(() => geo.streams.length === 1);
  expect(reasons()).toEqual(["geo_unavailable"]);
  const answering = lookupsOver(new FakeGeo());
  await eventually(() => expect(answering.reasons()).toEqual([]));
  expect([lookups.counts.streamsUp, answering.lookups.counts.streamsUp]).toEqual([0, 1]);
});

test("a geo that hangs while nobody asks is noticed, told once, and told again when it is back", async () => {
  const geo = new FakeGeo();
  const { reasons, clock, lines, lookups } = lookupsOver(geo);
  await eventually(() => expect(reasons()).toEqual([]));
  geo.isHung = true;
  clock.advance(IDLE_MS);
  // It is asked in the next tenth of a second, which the clock of the test does not know.
  await eventually(() => {
    clock.advance(TIMEOUT_MS);
    expect(lookups.counts.streamsUp).toBe(0);
  });
  clock.advance(UNAVAILABLE_MS);
  expect(reasons()).toEqual(["geo_unavailable"]);
  await eventually(() => {
    clock.advance(IDLE_MS);
    expect(geo.streams.length).toBeGreaterThan(3);
  });
  geo.isHung = false;
  await eventually(() => {
    clock.advance(IDLE_MS);
    expect(reasons()).toEqual([]);
  });
  expect(lines).toEqual(["lost the stream to geo", "geo answers again"]);
});

test("lookups under way at a geo that hangs fail in time, and the next ones go to another", async () => {
  const geo = new FakeGeo();
  const { ask, locate, clock } = lookupsOver(geo);
  await locate(["192.0.2.1"]);
  const [hanging] = geo.streams;
  geo.isHolding = true;
  const lost = ask(["192.0.2.2"]);
  await eventually(() => geo.underWay.length === 1);
  clock.advance(TIMEOUT_MS);
  await expect(lost.outcome).rejects.toMatchObject({ reason: "UPSTREAM_UNAVAILABLE" });
  await eventually(() => expect(hanging?.isOpen).toBe(false));
  geo.isHolding = false;
  expect(await locate(["192.0.2.3"])).toEqual(["192.0.2.3"]);
  expect(geo.frames.at(-1)?.stream).not.toBe(hanging);
});

test("a geo that is slow, but answers, keeps its stream", async () => {
  const geo = new FakeGeo();
  const { locate, ask, clock, reasons } = lookupsOver(geo);
  await locate(["192.0.2.1"]);
  geo.isHolding = true;
  for (let n = 2; n < 12; n += 1) {
    const asker = ask([`192.0.2.${n}`]);
    await eventually(() => geo.underWay.length === 1);
    clock.advance(TIMEOUT_MS - 1);
    geo.answer();
    await asker.outcome;
  }
  expect([geo.streams.length, reasons()]).toEqual([1, []]);
});

test("a stream that breaks and is answered anew within a second is no problem; one of two that is up is none", async () => {
  const geo = new FakeGeo();
  const { locate, clock, reasons, lookups } = lookupsOver(geo, 2);
  await eventually(() => expect(lookups.counts.streamsUp).toBe(2));
  geo.isHung = true;
  geo.streams[0]?.break();
  clock.advance(UNAVAILABLE_MS);
  expect([lookups.counts.streamsUp, reasons()]).toEqual([1, []]);
  geo.streams[1]?.break();
  clock.advance(UNAVAILABLE_MS - 1);
  expect([lookups.counts.streamsUp, reasons()]).toEqual([0, []]);
  await locate(["192.0.2.1"]);
  clock.advance(UNAVAILABLE_MS);
  expect([lookups.counts.streamsUp, reasons()]).toEqual([1, []]);
});
