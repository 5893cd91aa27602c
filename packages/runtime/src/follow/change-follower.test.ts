import { eventually } from "@geomesh/testing/eventually";
import { startTestNats, type TestNats } from "@geomesh/testing/nats";
import { createTestClock } from "@geomesh/testing/test-clock";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { connectEvents, type EventBus } from "../events/bus.ts";
import { createLog } from "../log.ts";
import { type ChangeFollowerOptions, startChangeFollower } from "./change-follower.ts";
import { BEAT, History, TEXT_COMMITTED, type TextChange, TextSink } from "./testing/history.ts";

const log = createLog({ service: "test", level: "silent" });

let nats: TestNats;
let events: EventBus;

beforeAll(async () => {
  nats = await startTestNats();
  events = await connectEvents({ url: nats.url, name: "test", log });
  await eventually(() => events.connected);
});

afterAll(async () => {
  await events.close();
  await nats.stop();
});

const announce = (change: TextChange) => events.announce(TEXT_COMMITTED, { change });
const beat = (revision: bigint) => events.announce(BEAT, { revision });

/** A follower that has not begun, of a history that holds `a` at revision 1. */
function prepare(sink = new TextSink()) {
  const [history, clock] = [new History(), createTestClock()];
  history.commit("a", "first");
  const start = (options?: ChangeFollowerOptions) => {
    const follower = startChangeFollower(
      {
        events,
        changeCommitted: TEXT_COMMITTED,
        revisionBeat: BEAT,
        streamChanges: (request, { signal }) => history.stream(request, { signal }),
        ...{ sink, clock, log },
      },
      options,
    );
    onTestFinished(() => follower.close());
    return follower;
  };
  return { history, clock, sink, start };
}

/** A follower that holds revision 1. */
async function loaded(sink?: TextSink) {
  const prepared = prepare(sink);
  const follower = prepared.start();
  await eventually(() => follower.isLoaded());
  return { ...prepared, follower };
}

describe.each([
  { kind: "in memory", isSlow: false },
  { kind: "that takes its time", isSlow: true },
])("a sink $kind", ({ isSlow }) => {
  const newSink = () => new TextSink({ isSlow });

  test("is loaded at the start and then kept equal by events alone", async () => {
    const { history, sink } = await loaded(newSink());
    announce(history.commit("b", "second"));
    announce(history.commit("a", "third"));
    await eventually(async () => (await sink.heldRevision()) === 3n);
    expect(sink.texts).toEqual({ a: "third", b: "second" });
    expect(history.asked).toEqual([0n]);
  });

  test("gets a change at once although one before it was missed, and then that one", async () => {
    const { history, sink } = await loaded(newSink());
    history.end = "broken";
    history.commit("b", "missed");
    announce(history.commit("a", "third"));
    await eventually(() => expect(sink.texts).toEqual({ a: "third", b: "missed" }));
    expect(await sink.heldRevision()).toBe(1n);
    history.end = "whole";
    await eventually(async () => (await sink.heldRevision()) === 3n);
  });

  test("is loaded anew after a restore, and holds nothing that was lost", async () => {
    const { history, sink, follower } = await loaded(newSink());
    announce(history.commit("b", "lost"));
    await eventually(async () => (await sink.heldRevision()) === 2n);
    history.keepFirst(1);
    beat(1n);
    await eventually(() => expect(sink.texts).toEqual({ a: "first" }));
    await eventually(() => follower.isLoaded());
    expect(await sink.heldRevision()).toBe(1n);
  });

  test("is not touched any more once the follower is closed", async () => {
    const { history, sink, follower } = await loaded(newSink());
    history.end = "never";
    history.commit("b", "second");
    beat(2n);
    await eventually(() => history.asked.length === 2);
    await follower.close();
    const texts = sink.texts;
    announce(history.commit("c", "late"));
    await expect(follower.catchUp()).rejects.toThrow();
    expect(sink.texts).toEqual(texts);
  });
});

test("whoever catches up during a load gets what was committed after that load began", async () => {
  const { history, sink, follower } = await loaded();
  history.end = "never";
  const stuck = follower.catchUp();
  await eventually(() => history.asked.length === 2);
  history.commit("b", "second");
  const [one, other] = [follower.catchUp(), follower.catchUp()];
  expect(other).toBe(one);
  history.end = "whole";
  history.release();
  await stuck;
  await one;
  expect(sink.texts).toEqual({ a: "first", b: "second" });
  expect(history.asked).toHaveLength(3);
});

test("who catches up is told why it failed, and the follower goes on by itself", async () => {
  const { history, sink, follower } = await loaded();
  history.commit("b", "second");
  for (const end of ["broken", "cut"] as const) {
    history.end = end;
    await expect(follower.catchUp()).rejects.toMatchObject({ reason: "UPSTREAM_UNAVAILABLE" });
    expect(sink.heldRevision()).toBe(1n);
  }
  history.end = "whole";
  await eventually(() => expect(sink.heldRevision()).toBe(2n));
});

test("loads that fail are tried again, each time after a longer wait", async () => {
  const { history, start } = prepare();
  history.end = "broken";
  const startedAtMs = performance.now();
  start();
  await eventually(() => history.asked.length === 4);
  expect(performance.now() - startedAtMs).toBeGreaterThan(100 + 200 + 400 - 50);
});

test("an event that the sink refuses is loaded later", async () => {
  const { history, sink } = await loaded();
  sink.isBroken = true;
  announce(history.commit("b", "second"));
  await eventually(() => history.asked.length > 1);
  sink.isBroken = false;
  await eventually(() => expect(sink.texts).toEqual({ a: "first", b: "second" }));
});

test("events beyond those that may wait are dropped, and auth is asked for them", async () => {
  const { history, sink, start } = prepare(new TextSink({ isSlow: true }));
  const follower = start({ waitingMax: 2 });
  await eventually(() => follower.isLoaded());
  for (const id of ["b", "c", "d", "e", "f"]) announce(history.commit(id, "new"));
  await eventually(async () => (await sink.heldRevision()) === 6n);
  expect(Object.keys(sink.texts)).toEqual(["a", "b", "c", "d", "e", "f"]);
  expect(history.asked.length).toBeGreaterThan(1);
});

test("a beat counts from when it came, and only while nothing is missing", async () => {
  const { history, clock, follower } = await loaded();
  clock.advance(1_500);
  expect(follower.beatAgeMs()).toBe(1_500);
  beat(1n);
  await eventually(() => expect(follower.beatAgeMs()).toBe(0));
  history.end = "cut";
  clock.advance(1_500);
  beat(2n);
  await eventually(() => history.asked.length > 1);
  expect(follower.beatAgeMs()).toBe(1_500);
});

test("nothing counts as known before the first load is complete", async () => {
  const { history, start } = prepare();
  history.end = "cut";
  const follower = start();
  await eventually(() => history.asked.length > 1);
  beat(0n);
  expect(follower.isLoaded()).toBe(false);
  expect(follower.beatAgeMs()).toBe(Number.POSITIVE_INFINITY);
});

test("while no beats arrive auth is asked, and its answer is as good as a beat", async () => {
  const { history, clock, sink, follower } = await loaded();
  history.commit("b", "second");
  clock.advance(2_001);
  await eventually(() => expect(sink.texts).toEqual({ a: "first", b: "second" }));
  await eventually(() => expect(follower.beatAgeMs()).toBe(0));
});
