import { afterEach, expect, onTestFinished, test } from "vitest";
import { createLog } from "../log.ts";
import { eventually } from "../testing/eventually.ts";
import { freePort } from "../testing/free-port.ts";
import { startTestNats, type TestNats } from "../testing/nats.ts";
import { connectEvents, type EventBus } from "./bus.ts";
import { defineEvent } from "./event.ts";

const log = createLog({ service: "test", level: "silent" });
const happened = defineEvent<string>("geomesh.test.v1.Happened", {
  encode: (text) => Buffer.from(text),
  decode(bytes) {
    const text = Buffer.from(bytes).toString();
    if (text === "undecodable") throw new Error("not a message");
    return text;
  },
});
const stream = { name: "TEST", events: [happened], maxAgeMs: 600_000, maxBytes: 1 << 24 };
const durable = { stream: "TEST", durable: "reader", event: happened };

const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function startNats(): Promise<TestNats> {
  const nats = await startTestNats();
  opened.push(() => nats.stop());
  return nats;
}

async function connect(url: string): Promise<EventBus> {
  const bus = await connectEvents({ url, name: "test", log });
  opened.push(() => bus.close());
  return bus;
}

/** Everything that a durable reader acknowledges, in order. */
function read(bus: EventBus): string[] {
  const seen: string[] = [];
  const consumer = bus.consume(durable, async (text) => {
    seen.push(text);
    return "ack";
  });
  opened.push(() => consumer.close());
  return seen;
}

async function publish(bus: EventBus, text: string): Promise<void> {
  const time = new Date("2026-01-02T03:04:05.678Z");
  await eventually(() => bus.publish(happened, text, { id: text, time, timeoutMs: 500 }), {
    deadlineMs: 15_000,
  });
}

test("a bus that starts before NATS works as soon as NATS is there", async () => {
  const nats = await startNats();
  await nats.kill();
  const bus = await connect(nats.url);
  const heard: string[] = [];
  bus.subscribe(happened, (text) => {
    heard.push(text);
  });
  expect(bus.connected).toBe(false);
  await expect(
    bus.publish(happened, "early", { id: "early", time: new Date() }),
  ).rejects.toMatchObject({ kind: "unavailable" });
  await nats.start();
  await bus.ensureStream(stream);
  await publish(bus, "late");
  await eventually(() => expect(heard).toEqual(["late"]));
});

test("an id published twice is stored once and says so", async () => {
  const nats = await startNats();
  const bus = await connect(nats.url);
  await bus.ensureStream(stream);
  const mark = { id: "one", time: new Date() };
  expect(await bus.publish(happened, "a", mark)).toEqual({ duplicate: false });
  expect(await bus.publish(happened, "a", mark)).toEqual({ duplicate: true });
});

test("an event carries its id, time and place to the reader", async () => {
  const nats = await startNats();
  const bus = await connect(nats.url);
  await bus.ensureStream(stream);
  await publish(bus, "marked");
  const delivery = Promise.withResolvers<unknown>();
  const consumer = bus.consume(durable, async (_text, given) => {
    delivery.resolve(given);
    return "ack";
  });
  opened.push(() => consumer.close());
  expect(await delivery.promise).toMatchObject({
    id: "marked",
    time: new Date("2026-01-02T03:04:05.678Z"),
    sequence: 1,
    redelivered: false,
  });
});

test("nats-server killed in the middle of publishing loses nothing and repeats nothing", async () => {
  const nats = await startNats();
  const bus = await connect(nats.url);
  await bus.ensureStream(stream);
  const seen = read(bus);
  const texts = Array.from({ length: 300 }, (_, index) => `n${index}`);
  const published = (async () => {
    for (const text of texts) await publish(bus, text);
  })();
  await eventually(() => expect(seen.length).toBeGreaterThan(50));
  await nats.kill();
  await nats.start();
  await published;
  await eventually(() => expect(new Set(seen)).toEqual(new Set(texts)), { deadlineMs: 10_000 });
  expect(seen.filter((text, index) => seen.indexOf(text) === index)).toEqual(texts);
}, 40_000);

test("stream and reader come back when NATS returns with empty storage", async () => {
  const nats = await startNats();
  const bus = await connect(nats.url);
  await bus.ensureStream(stream);
  const seen = read(bus);
  await publish(bus, "before");
  await eventually(() => expect(seen).toContain("before"));
  await nats.kill();
  await nats.start({ empty: true });
  await publish(bus, "after");
  await eventually(() => expect(seen).toContain("after"), { deadlineMs: 15_000 });
}, 40_000);

test("an event whose handling fails comes again, and those after it are not lost", async () => {
  const nats = await startNats();
  const bus = await connect(nats.url);
  await bus.ensureStream(stream);
  const seen: string[] = [];
  const consumer = bus.consume(durable, async (text, { redelivered }) => {
    if (text === "thrown" && !redelivered) throw new Error("first time");
    if (text === "asked" && !redelivered) return { retryAfterMs: 50 };
    seen.push(text);
    return "ack";
  });
  onTestFinished(() => consumer.close());
  for (const text of ["thrown", "asked", "plain"]) await publish(bus, text);
  await eventually(() => expect(seen.toSorted()).toEqual(["asked", "plain", "thrown"]));
});

test("an undecodable event is handed over raw and holds nothing up", async () => {
  const nats = await startNats();
  const bus = await connect(nats.url);
  await bus.ensureStream(stream);
  const [seen, raw]: [string[], string[]] = [[], []];
  const consumer = bus.consume(
    {
      ...durable,
      onUndecodable: async (delivery) => {
        raw.push(Buffer.from(delivery.raw).toString());
        return "ack";
      },
    },
    async (text) => {
      seen.push(text);
      return "ack";
    },
  );
  onTestFinished(() => consumer.close());
  await publish(bus, "undecodable");
  await publish(bus, "good");
  await eventually(() => expect([raw, seen]).toEqual([["undecodable"], ["good"]]));
});

test("closing ends within its bound even when NATS never came", async () => {
  const bus = await connectEvents({
    url: `nats://127.0.0.1:${await freePort()}`,
    name: "test",
    log,
  });
  const consumer = bus.consume(durable, async () => "ack");
  const startedAt = performance.now();
  await consumer.close();
  await bus.close();
  expect(performance.now() - startedAt).toBeLessThan(2_000);
});
