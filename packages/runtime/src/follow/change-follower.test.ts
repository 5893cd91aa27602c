import type { Change } from "@geomesh/proto/grpc/geomesh/auth/v1/change";
import { eventually } from "@geomesh/testing/eventually";
import { startTestNats, type TestNats } from "@geomesh/testing/nats";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectEvents, type EventBus } from "../events/bus.ts";
import { createLog } from "../log.ts";
import { DirectoryStream } from "./directory-stream.ts";
import { loadedFollower, prepareFollower } from "./testing/follower.ts";
import { PlanSink } from "./testing/plan-sink.ts";

let nats: TestNats;
let events: EventBus;

beforeAll(async () => {
  nats = await startTestNats();
  const log = createLog({ service: "test", level: "silent" });
  events = await connectEvents({ url: nats.url, name: "test", log });
  await eventually(() => events.connected);
});

afterAll(async () => {
  await events.close();
  await nats.stop();
});

describe.each([
  { kind: "in memory", isSlow: false },
  { kind: "that takes its time", isSlow: true },
])("a sink $kind", ({ isSlow }) => {
  const sink = () => new PlanSink({ isSlow });

  test("is loaded at the start and then kept equal by one stream alone", async () => {
    const { auth, commit, sink: held } = await loadedFollower(events, { sink: sink() });
    commit("b", "second");
    commit("a", "third");
    await eventually(() => expect(held.revision).toBe(3n));
    expect(held.names).toEqual({ a: "third", b: "second" });
    expect(auth.asked).toEqual([{ historyId: "", afterRevision: 0n }]);
  });

  test("goes on from what it holds after the stream was cut", async () => {
    const { auth, commit, sink: held } = await loadedFollower(events, { sink: sink() });
    auth.cut();
    commit("b", "second");
    await eventually(() => expect(held.names).toEqual({ a: "first", b: "second" }));
    expect(auth.asked.at(-1)).toEqual({ historyId: "history-1", afterRevision: 1n });
  });

  test("goes on after auth was restarted", async () => {
    const { auth, commit, sink: held } = await loadedFollower(events, { sink: sink() });
    await auth.stop();
    commit("b", "second");
    await auth.start();
    await eventually(() => expect(held.names).toEqual({ a: "first", b: "second" }));
  });

  test.each([
    { why: "within a stream", isCut: false },
    { why: "at the next stream", isCut: true },
  ])("holds nothing that a restore lost, noticed $why", async ({ isCut }) => {
    const { auth, commit, sink: held } = await loadedFollower(events, { sink: sink() });
    commit("b", "lost");
    await eventually(() => expect(held.revision).toBe(2n));
    if (isCut) auth.cut();
    auth.restore(1n, "history-2");
    for (const name of ["second", "third", "fourth"]) commit("c", name);
    await eventually(() => expect(held.names).toEqual({ a: "first", c: "fourth" }));
    expect(await held.held()).toEqual({ historyId: "history-2", revision: 4n });
  });

  test("is not touched any more once the follower is closed", async () => {
    const { commit, follower, sink: held } = await loadedFollower(events, { sink: sink() });
    commit("b", "second");
    await follower.close();
    const { names } = held;
    commit("c", "late");
    await expect(follower.catchUp()).rejects.toThrow();
    expect(held.names).toEqual(names);
  });
});

describe("catching up", () => {
  test("brings what was committed before the call, even where the stream is behind", async () => {
    const { auth, commit, follower, sink } = await loadedFollower(events);
    auth.leaveBehind();
    commit("b", "second");
    await Promise.all([follower.catchUp(), follower.catchUp()]);
    expect(sink.names).toEqual({ a: "first", b: "second" });
    expect(auth.asked).toHaveLength(2);
  });

  test("waits for a load under way, and does not cut it", async () => {
    const { auth, commit, sink, start } = await prepareFollower(events);
    for (const id of ["b", "c", "d", "e"]) commit(id, "old");
    auth.pageDelayMs = 50;
    const follower = start();
    await eventually(() => auth.asked.length === 1);
    commit("f", "new");
    await follower.catchUp();
    expect(Object.keys(sink.names)).toEqual(["a", "b", "c", "d", "e", "f"]);
    expect(auth.asked.slice(1)).toEqual([{ historyId: "history-1", afterRevision: 6n }]);
  });

  test("fails as the stream does, and the follower goes on by itself", async () => {
    const { auth, commit, follower, sink } = await loadedFollower(events);
    auth.isCutShort = true;
    await expect(follower.catchUp()).rejects.toMatchObject({ reason: "UPSTREAM_UNAVAILABLE" });
    auth.isBroken = true;
    await expect(follower.catchUp()).rejects.toMatchObject({ kind: "unavailable" });
    commit("b", "second");
    auth.isCutShort = false;
    auth.isBroken = false;
    await eventually(() => expect(sink.revision).toBe(2n));
  });
});

describe("freshness", () => {
  test("counts from the last message that was complete", async () => {
    const { auth, clock, commit, follower, sink } = await loadedFollower(events);
    clock.advance(1_500);
    await eventually(() => expect(follower.beatAgeMs()).toBe(0));
    auth.pageDelayMs = 300;
    for (const id of ["b", "c", "d"]) commit(id, "new");
    clock.advance(1_500);
    await eventually(() => expect(Object.keys(sink.names)).toEqual(["a", "b", "c"]));
    expect(follower.beatAgeMs()).toBe(1_500);
    await eventually(() => expect(follower.beatAgeMs()).toBe(0));
    expect(Object.keys(sink.names)).toEqual(["a", "b", "c", "d"]);
  });

  test("is unknown before the first load is complete", async () => {
    const { auth, start } = await prepareFollower(events);
    auth.isCutShort = true;
    const follower = start();
    await eventually(() => auth.asked.length > 1);
    expect(follower.isLoaded()).toBe(false);
    expect(follower.beatAgeMs()).toBe(Number.POSITIVE_INFINITY);
  });

  test("is lost by a stream that is open and silent, which is opened anew on another connection", async () => {
    const prepared = await loadedFollower(events);
    const { auth, clock, commit, follower, sink } = prepared;
    auth.mute();
    commit("b", "second");
    clock.advance(3_000);
    expect(follower.beatAgeMs()).toBe(3_000);
    expect(prepared.clients).toBe(1);
    clock.advance(1);
    await eventually(() => expect(sink.revision).toBe(2n));
    expect(follower.beatAgeMs()).toBe(0);
    expect([prepared.clients, auth.asked.length]).toEqual([2, 2]);
  });

  test("is not taken from a message that waited while the process was stopped", async () => {
    const { auth, clock, commit, follower, sink } = await loadedFollower(events, {
      checkMs: 1_000_000,
    });
    auth.isBroken = true;
    commit("b", "second");
    clock.advance(10_000);
    await eventually(() => expect(auth.asked.length).toBeGreaterThan(1));
    expect(follower.beatAgeMs()).toBe(10_000);
    expect(sink.revision).toBe(1n);
    auth.isBroken = false;
    await eventually(() => expect(follower.beatAgeMs()).toBe(0));
    expect(sink.revision).toBe(2n);
  });

  test("goes by the wall clock where the monotonic one stood still, as in a machine that was suspended", async () => {
    const { auth, clock, follower } = await loadedFollower(events);
    auth.mute();
    auth.isSilent = true;
    clock.setWall(clock.wallMs() + 60_000);
    expect(follower.beatAgeMs()).toBe(60_000);
    clock.setWall(clock.wallMs() - 120_000);
    expect(follower.beatAgeMs()).toBe(0);
  });
});

describe("hints", () => {
  const settled = () => new Promise((resolve) => setTimeout(resolve, 100));

  test("at what has not arrived for over a second make the stream be opened anew", async () => {
    const { auth, clock, commit, hint, sink } = await loadedFollower(events);
    auth.leaveBehind();
    hint(commit("b", "second").revision);
    await settled();
    clock.advance(1_000);
    await settled();
    expect(auth.asked).toHaveLength(1);
    clock.advance(1);
    await eventually(() => expect(sink.revision).toBe(2n));
    expect(auth.asked).toHaveLength(2);
  });

  test.each([
    { why: "a revision that does not exist", historyId: "history-1" },
    { why: "a history that does not exist", historyId: "history-666" },
  ])("at $why are settled by asking auth once", async ({ historyId }) => {
    const { auth, clock, hint, sink } = await loadedFollower(events);
    hint(99n, historyId);
    await settled();
    clock.advance(1_001);
    await eventually(() => expect(auth.asked).toHaveLength(2));
    clock.advance(1_001);
    await settled();
    expect(auth.asked).toHaveLength(2);
    expect(sink.names).toEqual({ a: "first" });
  });

  test("that keep coming, with any history and revision, ask auth once a second and load nothing", async () => {
    const { auth, clock, hint, sink } = await loadedFollower(events);
    for (let second = 1; second <= 5; second++) {
      for (let forged = 0n; forged < 100n; forged++) {
        hint(2n ** 64n - 1n - forged, forged % 2n === 0n ? "history-1" : `forged-${forged}`);
      }
      await settled();
      clock.advance(1_001);
      await eventually(() => expect(auth.asked).toHaveLength(1 + second));
      await settled();
      expect(auth.asked).toHaveLength(1 + second);
    }
    const held = { historyId: "history-1", afterRevision: 1n };
    expect(auth.asked.slice(1)).toEqual(Array(5).fill(held));
    expect(sink.names).toEqual({ a: "first" });
  });

  test("at what arrived in time do nothing", async () => {
    const { auth, clock, commit, hint, sink } = await loadedFollower(events);
    hint(commit("b", "second").revision);
    await eventually(() => expect(sink.revision).toBe(2n));
    await settled();
    clock.advance(1_001);
    await settled();
    expect(auth.asked).toHaveLength(1);
  });
});

test("streams that fail are opened again, each time after a longer wait", async () => {
  const { auth, start } = await prepareFollower(events);
  auth.isBroken = true;
  const startedAtMs = performance.now();
  start();
  // Each stream is asked for three times, as the retries of gRPC have it.
  await eventually(() => auth.asked.length >= 10);
  // Each wait varies by a quarter either way.
  expect(performance.now() - startedAtMs).toBeGreaterThan(0.75 * (100 + 200 + 400));
});

test("changes that the sink refuses come again", async () => {
  const { commit, sink } = await loadedFollower(events);
  sink.isBroken = true;
  commit("b", "second");
  await new Promise((resolve) => setTimeout(resolve, 50));
  sink.isBroken = false;
  await eventually(() => expect(sink.names).toEqual({ a: "first", b: "second" }));
});

test("a history that changes without a reset is refused", async () => {
  const sink = new PlanSink();
  const stream = new DirectoryStream<Change>(sink, { historyId: "history-1", revision: 5n });
  const message = { historyId: "history-2", isReset: false, changes: [] };
  await expect(stream.take({ ...message, completeThroughRevision: 9n })).rejects.toMatchObject({
    reason: "UPSTREAM_UNAVAILABLE",
  });
  expect(sink.revision).toBe(0n);
});
