import { eventually } from "@geomesh/testing/eventually";
import { createTestClock } from "@geomesh/testing/test-clock";
import { expect, test } from "vitest";
import { TestAsker } from "../operations/testing/asker.ts";
import { FakeGeo, turns } from "./testing/fake-geo.ts";
import { addresses, lookupsForTest } from "./testing/lookups.ts";

const TIMEOUT_MS = 2_000;

/** Lookups over a geo that answers when the test says so, and clients that wait for so long. */
function heldLookups() {
  const geo = new FakeGeo();
  geo.isHolding = true;
  const clock = createTestClock();
  const { ask, ...rest } = lookupsForTest({ open: geo.open, clock }, { timeoutMs: TIMEOUT_MS });
  const askWithin = (ms: number, count = 1) => {
    const asker = new TestAsker("json", clock.monotonicMs() + ms);
    return ask(addresses(count), { asker });
  };
  return { ...rest, geo, clock, ask, askWithin };
}

test("what waits for a frame and then for its answer has one deadline for both", async () => {
  const { geo, clock, ask } = heldLookups();
  const batches = [ask(addresses(1_000)), ask(addresses(1_000))];
  await eventually(() => geo.frames.length === 2);
  const waited = batches[1];
  clock.advance(TIMEOUT_MS - 1);
  // The first batch is answered at last, so that the second one travels.
  for (let i = 0; i < 4; i += 1) {
    geo.answer();
    await turns();
  }
  expect(geo.addresses()).toBeGreaterThan(0);
  expect(waited?.calls).toBe(0);
  clock.advance(1);
  await expect(waited?.outcome).rejects.toMatchObject({ reason: "UPSTREAM_UNAVAILABLE" });
});

test("each client of a frame is told at its own deadline, and the others are answered", async () => {
  const { geo, clock, ask, askWithin, usage } = heldLookups();
  const [patient, hasty, slower] = [ask(["192.0.2.9"]), askWithin(5), askWithin(10)];
  await eventually(() => geo.frames.length === 1);
  clock.advance(5);
  await expect(hasty.outcome).rejects.toMatchObject({ reason: "DEADLINE_EXCEEDED" });
  expect([patient.calls, slower.calls]).toEqual([0, 0]);
  clock.advance(5);
  await expect(slower.outcome).rejects.toMatchObject({ reason: "DEADLINE_EXCEEDED" });
  geo.answer();
  await patient.outcome;
  expect(usage.map(({ status, units }) => [status, units])).toEqual([
    [504, 0],
    [504, 0],
    [200, 1],
  ]);
});

test("a client behind others of its account is told at its deadline, though they wait longer", async () => {
  const { geo, clock, ask, askWithin } = heldLookups();
  const before = Array.from({ length: 3 }, () => ask(addresses(1_000)));
  const hasty = askWithin(5, 1_000);
  await eventually(() => geo.frames.length === 2);
  clock.advance(5);
  await expect(hasty.outcome).rejects.toMatchObject({ reason: "DEADLINE_EXCEEDED" });
  expect(before.map(({ calls }) => calls)).toEqual([0, 0, 0]);
});

test("clients that give up leave geo no more to do than its credit allows", async () => {
  const { geo, clock, askWithin } = heldLookups();
  for (let i = 0; i < 10; i += 1) {
    const hasty = askWithin(1, 1_000);
    await turns();
    clock.advance(1);
    await expect(hasty.outcome).rejects.toMatchObject({ reason: "DEADLINE_EXCEEDED" });
  }
  expect(geo.addresses()).toBe(512);
});

test("a client that waits no longer when its lookup begins costs geo nothing", async () => {
  const { geo, askWithin, usage } = heldLookups();
  await expect(askWithin(0).outcome).rejects.toMatchObject({ reason: "DEADLINE_EXCEEDED" });
  await turns();
  expect(geo.frames).toEqual([]);
  expect(usage).toMatchObject([{ status: 504, units: 0 }]);
});
