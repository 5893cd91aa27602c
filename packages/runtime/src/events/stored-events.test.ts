import { eventually } from "@geomesh/testing/eventually";
import { connectNats } from "@geomesh/testing/nats-client";
import {
  busForTest,
  happened,
  natsForTest,
  publishText,
  readAll,
  streamForTest,
} from "@geomesh/testing/test-bus";
import { expect, onTestFinished, test } from "vitest";
import type { EventBus } from "./bus.ts";

const READER = { stream: "TEST", durable: "reader" };

async function textsOf(bus: EventBus, from: number, through: number) {
  const { signal } = new AbortController();
  const stored = await Array.fromAsync(bus.stored({ stream: "TEST", from, through }, signal));
  return stored.map(({ id, sequence, raw }) => [id, sequence, Buffer.from(raw).toString()]);
}

test("stored events are read by their places, past every reader; what is gone is passed over", async () => {
  const { nats, bus } = await streamForTest();
  for (const text of ["one", "two", "three", "four"]) await publishText(bus, text);
  const operator = await connectNats(nats.url);
  onTestFinished(() => operator.close());
  await (await operator.jetstreamManager()).streams.deleteMessage("TEST", 3);
  const [two, four] = [
    ["two", 2, "two"],
    ["four", 4, "four"],
  ];
  expect(await textsOf(bus, 2, 4)).toEqual([two, four]);
  expect(await textsOf(bus, 2, 9)).toEqual([two, four]);
  expect(await textsOf(bus, 4, 3)).toEqual([]);
  const { texts } = readAll(bus, "reader");
  await eventually(() => expect(texts).toEqual(["one", "two", "four"]));
});

test("reading ends when its signal aborts, however much is left", async () => {
  const { bus } = await streamForTest();
  for (const text of ["one", "two", "three"]) await publishText(bus, text);
  const stopping = new AbortController();
  const stored = bus.stored({ stream: "TEST", from: 1, through: 3 }, stopping.signal);
  expect((await stored.next()).value?.sequence).toBe(1);
  stopping.abort();
  await expect(stored.next()).rejects.toMatchObject({ reason: "STREAM_UNAVAILABLE" });
});

test("the position of a reader tells what it acknowledged without a gap, and what was delivered", async () => {
  const { bus } = await streamForTest();
  const { signal } = new AbortController();
  const position = () => bus.positionOf(READER, signal);
  for (const text of ["one", "kept", "three"]) await publishText(bus, text);
  expect(await position()).toMatchObject({ first: 1, last: 3, acknowledged: 0, delivered: 0 });
  const reader = bus.consume({ ...READER, event: happened }, async (text) =>
    text === "kept" ? { retryAfterMs: 60_000 } : "ack",
  );
  onTestFinished(() => reader.close());
  await eventually(async () =>
    expect(await position()).toMatchObject({ acknowledged: 1, delivered: 3 }),
  );
  expect(Number.isNaN(Date.parse((await position()).streamCreated))).toBe(false);
});

test("a stream that does not exist has no reader, and one that cannot be read in time says so", async () => {
  const nats = await natsForTest();
  const bus = await busForTest(nats.url);
  const { signal } = new AbortController();
  const nothing = { streamCreated: "", first: 1, last: 0, acknowledged: 0, delivered: 0 };
  expect(await bus.positionOf(READER, signal)).toEqual(nothing);
  await nats.kill();
  await eventually(() => !bus.connected);
  const late = bus.positionOf(READER, AbortSignal.timeout(200));
  await expect(late).rejects.toMatchObject({ reason: "STREAM_UNAVAILABLE" });
});
