import { eventually } from "@geomesh/testing/eventually";
import { freePort } from "@geomesh/testing/free-port";
import { connectNats } from "@geomesh/testing/nats-client";
import {
  busForTest,
  happened,
  natsForTest,
  publishText,
  readAll,
  streamForTest,
  TEST_STREAM,
} from "@geomesh/testing/test-bus";
import type { Msg } from "nats";
import { expect, onTestFinished, test } from "vitest";
import { createLog } from "../log.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { connectEvents, type EventMark } from "./bus.ts";
import { defineEvent } from "./event.ts";

const time = new Date("2026-01-02T03:04:05.678Z");

test("an id published twice is stored once and says so", async () => {
  const { bus } = await streamForTest();
  expect(await bus.publish(happened, "a", { id: "one", time })).toEqual({ duplicate: false });
  expect(await bus.publish(happened, "a", { id: "one", time })).toEqual({ duplicate: true });
  await publishText(bus, "b");
  const { texts } = readAll(bus, "reader");
  await eventually(() => expect(texts).toEqual(["a", "b"]));
});

test("an event that no stream holds is not taken for stored", async () => {
  const bus = await busForTest((await natsForTest()).url);
  const published = bus.publish(happened, "a", { id: "one", time, timeoutMs: 500 });
  await expect(published).rejects.toMatchObject({
    kind: "unavailable",
    reason: "EVENT_NOT_STORED",
  });
});

test("a subscriber hears what is published to streams and what is announced, with its id and time", async () => {
  const { bus } = await streamForTest();
  const heard: [string, EventMark][] = [];
  bus.subscribe(happened, (text, mark) => heard.push([text, mark]));
  await bus.publish(happened, "stored", { id: "one", time });
  bus.announce(happened, "announced");
  await eventually(() => expect(heard).toHaveLength(2));
  expect(heard[0]).toEqual(["stored", { id: "one", time }]);
  expect(heard[1]?.[1].time.getTime()).toBeGreaterThan(time.getTime());
});

const renamed = defineEvent<string>(
  "geomesh.test.v1.Renamed",
  { encode: (text) => Buffer.from(text), decode: (bytes) => Buffer.from(bytes).toString() },
  (text) => ({ subject: `thing_${text}`, partitionKey: `acct_${text}` }),
);

test("an event about an account's resource names both and has the account's subject; readers hear of all accounts", async () => {
  const nats = await natsForTest();
  const bus = await busForTest(nats.url);
  await bus.ensureStream({ ...TEST_STREAM, events: [happened, renamed] });
  const heard: string[] = [];
  bus.subscribe(renamed, (text) => heard.push(text));
  const operator = await connectNats(nats.url);
  onTestFinished(() => operator.close());
  const raw: Msg[] = [];
  operator.subscribe(`${renamed.typeName}.acct_b`, {
    callback: (_, message) => void raw.push(message),
  });
  await operator.flush();
  for (const id of ["a", "b"]) await bus.publish(renamed, id, { id, time });
  await eventually(() => expect([heard, raw.length]).toEqual([["a", "b"], 1]));
  expect(Object.fromEntries([...(raw[0]?.headers ?? [])])).toMatchObject({
    "ce-specversion": ["1.0"],
    "ce-id": ["b"],
    "ce-source": ["test"],
    "ce-type": [renamed.typeName],
    "ce-time": [time.toISOString()],
    "ce-datacontenttype": ["application/protobuf"],
    "ce-subject": ["thing_b"],
    "ce-partitionkey": ["acct_b"],
  });
  const read: string[] = [];
  const reader = bus.consume(
    { stream: "TEST", durable: "renames", event: renamed },
    async (text) => {
      read.push(text);
      return "ack";
    },
  );
  onTestFinished(() => reader.close());
  await eventually(() => expect(read).toEqual(["a", "b"]));
});

test("a subscriber that fails, or an event that does not decode, keeps nobody from the next event", async () => {
  const bus = await busForTest((await natsForTest()).url);
  const heard: string[] = [];
  bus.subscribe(happened, () => {
    throw new Error("at once");
  });
  bus.subscribe(happened, () => Promise.reject(new Error("later")));
  bus.subscribe(happened, (text) => heard.push(text));
  await eventually(() => bus.connected);
  for (const text of ["first", "undecodable", "last"]) bus.announce(happened, text);
  await eventually(() => expect(heard).toEqual(["first", "last"]));
});

test("a closed subscription hears nothing more", async () => {
  const bus = await busForTest((await natsForTest()).url);
  const [closed, open]: [string[], string[]] = [[], []];
  const subscription = bus.subscribe(happened, (text) => closed.push(text));
  bus.subscribe(happened, (text) => open.push(text));
  await eventually(() => bus.connected);
  bus.announce(happened, "before");
  await eventually(() => expect(open).toEqual(["before"]));
  subscription.close();
  bus.announce(happened, "after");
  await eventually(() => expect(open).toEqual(["before", "after"]));
  expect(closed).toEqual(["before"]);
});

test("closing is quick where NATS never came", async () => {
  const bus = await busForTest(`nats://127.0.0.1:${await freePort()}`);
  const stream = { name: "TEST", events: [happened], maxAgeMs: 1, maxBytes: 1 };
  const waiting = expect(bus.ensureStream(stream)).rejects.toMatchObject({ kind: "unavailable" });
  const reader = bus.consume({ stream: "TEST", durable: "reader", event: happened }, async () => {
    throw new Error("nothing to read");
  });
  const startedAt = performance.now();
  await bus.close();
  await reader.close();
  await waiting;
  expect(performance.now() - startedAt).toBeLessThan(2_500);
});

test("metrics tell of the connection and of what became of events", async () => {
  const nats = await natsForTest();
  const metrics = createMetrics("test");
  const log = createLog({ service: "test", level: "silent" });
  const bus = await connectEvents({ url: nats.url, name: "test", log, metrics });
  onTestFinished(() => bus.close());
  await bus.ensureStream({ name: "TEST", events: [happened], maxAgeMs: 60_000, maxBytes: 1 << 20 });
  await publishText(bus, "one");
  readAll(bus, "reader");
  const event = `event="${happened.typeName}"`;
  await eventually(async () => {
    const page = await metrics.registry.metrics();
    expect(page).toContain('events_connected{service="test"} 1');
    expect(page).toContain(`events_published_total{${event},outcome="stored",service="test"} 1`);
    expect(page).toContain(`events_handled_total{${event},outcome="ack",service="test"} 1`);
  });
});
