import { eventually } from "@geomesh/testing/eventually";
import {
  busForTest,
  happened,
  natsForTest,
  publishText,
  readAll,
  streamForTest,
  TEST_STREAM,
} from "@geomesh/testing/test-bus";
import { expect, test } from "vitest";

test("a bus that starts before NATS works as soon as NATS is there", async () => {
  const nats = await natsForTest();
  await nats.kill();
  const bus = await busForTest(nats.url);
  const heard: string[] = [];
  bus.subscribe(happened, (text) => heard.push(text));
  const { texts } = readAll(bus, "reader");
  const ensured = bus.ensureStream(TEST_STREAM);
  bus.announce(happened, "lost");
  expect(bus.connected).toBe(false);
  const early = bus.publish(happened, "early", { id: "early", time: new Date(), timeoutMs: 200 });
  await expect(early).rejects.toMatchObject({ kind: "unavailable" });
  await nats.start();
  await ensured;
  await publishText(bus, "late");
  await eventually(() => expect([heard, texts]).toEqual([["late"], ["late"]]));
});

test("a stream that nobody waits for any longer is told as unavailable", async () => {
  const nats = await natsForTest();
  await nats.kill();
  const bus = await busForTest(nats.url);
  const ensured = bus.ensureStream({ ...TEST_STREAM, signal: AbortSignal.timeout(200) });
  await expect(ensured).rejects.toMatchObject({ reason: "STREAM_UNAVAILABLE" });
});

test("nats-server killed in the middle of publishing: each event is stored once, in order, and read", async () => {
  const { nats, bus } = await streamForTest();
  const { texts: seen } = readAll(bus, "reader");
  const texts = Array.from({ length: 1_000 }, (_, index) => `n${index}`);
  const published = (async () => {
    for (const text of texts) await publishText(bus, text);
  })();
  for (const share of [100, 400, 700]) {
    await eventually(() => seen.includes(`n${share}`), { deadlineMs: 15_000 });
    await nats.kill();
    await nats.start();
  }
  await published;
  const { texts: stored } = readAll(bus, "afterwards");
  await eventually(() => expect(stored).toEqual(texts), { deadlineMs: 15_000 });
  await eventually(() => expect(new Set(seen)).toEqual(new Set(texts)), { deadlineMs: 15_000 });
}, 60_000);

test("subscriptions are heard again before the return of NATS is told", async () => {
  const { nats, bus } = await streamForTest();
  const heard: string[] = [];
  bus.subscribe(happened, (text) => heard.push(text));
  const statuses: boolean[] = [];
  const speaker = await busForTest(nats.url);
  bus.onStatus((connected) => {
    statuses.push(connected);
    if (connected) void eventually(() => publishText(speaker, "as soon as told"));
  });
  await nats.stop();
  await eventually(() => expect(statuses).toEqual([false]));
  expect(bus.connected).toBe(false);
  await nats.start();
  await eventually(() => expect(heard).toEqual(["as soon as told"]));
  expect(statuses).toEqual([false, true]);
});

test("stream, reader and subscription come back when NATS returns with empty storage", async () => {
  const { nats, bus } = await streamForTest();
  const heard: string[] = [];
  bus.subscribe(happened, (text) => heard.push(text));
  const { texts, deliveries } = readAll(bus, "reader");
  await publishText(bus, "before");
  await eventually(() => expect(texts).toEqual(["before"]));
  await nats.kill();
  await nats.start({ empty: true });
  await publishText(bus, "after");
  await eventually(() => expect(texts).toEqual(["before", "after"]));
  expect(heard.slice(0, 2)).toEqual(["before", "after"]);
  expect(deliveries[1]?.sequence).toBe(1);
});
