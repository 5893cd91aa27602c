import { eventually } from "@geomesh/testing/eventually";
import { connectNats } from "@geomesh/testing/nats-client";
import {
  busForTest,
  happened,
  publishText,
  readAll,
  streamForTest,
} from "@geomesh/testing/test-bus";
import { expect, onTestFinished, test } from "vitest";
import type { ConsumeOptions, EventBus } from "./bus.ts";
import type { Handle } from "./consumer.ts";

const durable = { stream: "TEST", durable: "reader", event: happened };

function consume(
  bus: EventBus,
  handle: Handle<string>,
  more: Partial<ConsumeOptions<string>> = {},
) {
  const reader = bus.consume({ ...durable, ...more }, handle);
  onTestFinished(() => reader.close());
  return reader;
}

test("events come in the order of the stream, one after another, with id, time and place", async () => {
  const { bus } = await streamForTest();
  const published = Array.from({ length: 50 }, (_, index) => `n${index}`);
  for (const text of published) await publishText(bus, text);
  let inHand = 0;
  const seen: unknown[] = [];
  consume(bus, async (text, { id, sequence, redelivered, time }) => {
    inHand += 1;
    expect(inHand).toBe(1);
    await new Promise(setImmediate);
    inHand -= 1;
    seen.push([text, id, sequence, redelivered, Number.isNaN(time.getTime())]);
    return "ack";
  });
  const expected = published.map((text, index) => [text, text, index + 1, false, false]);
  await eventually(() => expect(seen).toEqual(expected));
});

test("an event whose handling fails comes again, and those after it need not wait", async () => {
  const { bus } = await streamForTest();
  const seen: string[] = [];
  consume(bus, async (text, { redelivered }) => {
    if (text === "thrown" && !redelivered) throw new Error("first time");
    if (text === "asked" && !redelivered) return { retryAfterMs: 50 };
    seen.push(text);
    return "ack";
  });
  for (const text of ["thrown", "asked", "plain"]) await publishText(bus, text);
  await eventually(() => expect(seen).toEqual(["plain", "asked", "thrown"]));
});

test("an event that does not decode is handed over raw, and holds nothing up", async () => {
  const { bus } = await streamForTest();
  const [seen, aside]: [string[], string[]] = [[], []];
  const onUndecodable: ConsumeOptions<string>["onUndecodable"] = async ({ raw, redelivered }) => {
    if (!redelivered) throw new Error("cannot store it yet");
    aside.push(Buffer.from(raw).toString());
    return "ack";
  };
  const handle: Handle<string> = async (text) => {
    seen.push(text);
    return "ack";
  };
  consume(bus, handle, { onUndecodable });
  for (const text of ["undecodable", "good"]) await publishText(bus, text);
  await eventually(() => expect([aside, seen]).toEqual([["undecodable"], ["good"]]));
});

test("an event that does not decode is passed over where nobody asks for it", async () => {
  const { bus } = await streamForTest();
  const { texts } = readAll(bus, "reader");
  for (const text of ["undecodable", "good"]) await publishText(bus, text);
  await eventually(() => expect(texts).toEqual(["good"]));
});

test("a reader that was closed continues where it was, in another process", async () => {
  const { nats, bus } = await streamForTest();
  const first: string[] = [];
  const reader = consume(bus, async (text) => {
    first.push(text);
    return "ack";
  });
  await publishText(bus, "one");
  await eventually(() => expect(first).toEqual(["one"]));
  await reader.close();
  await publishText(bus, "two");
  const { texts } = readAll(await busForTest(nats.url), "reader");
  await eventually(() => expect(texts).toEqual(["two"]));
  expect(first).toEqual(["one"]);
});

test("an event in the hand of a process that died goes to another one", async () => {
  const { nats, bus } = await streamForTest();
  const dying = await busForTest(nats.url);
  const taken = Promise.withResolvers<string>();
  const never = Promise.withResolvers<"ack">();
  consume(dying, (text) => {
    taken.resolve(text);
    return never.promise;
  });
  await publishText(bus, "one");
  await taken.promise;
  await dying.close();
  const { texts, deliveries } = readAll(bus, "reader");
  await eventually(() => expect(texts).toEqual(["one"]), { deadlineMs: 10_000 });
  expect(deliveries[0]?.redelivered).toBe(true);
  never.resolve("ack");
});

test("an event that takes longer than a death would is not given to another reader meanwhile", async () => {
  const { nats, bus } = await streamForTest();
  const other = await busForTest(nats.url);
  const deliveries: string[] = [];
  const slow: Handle<string> = async (text) => {
    deliveries.push(text);
    if (text === "slow")
      await eventually(() => deliveries.includes("done"), { deadlineMs: 20_000 });
    return "ack";
  };
  consume(bus, slow);
  consume(other, slow);
  await publishText(bus, "slow");
  await eventually(() => deliveries.includes("slow"));
  const startedAt = performance.now();
  await eventually(() => performance.now() - startedAt > 4_000);
  await publishText(bus, "done");
  await eventually(() => deliveries.includes("done"));
  expect(deliveries).toEqual(["slow", "done"]);
});

test("a reader continues when its place, or the whole stream, is deleted under it", async () => {
  const { nats, bus } = await streamForTest();
  const { texts } = readAll(bus, "reader");
  await publishText(bus, "one");
  await eventually(() => expect(texts).toEqual(["one"]));
  const operator = await connectNats(nats.url);
  onTestFinished(() => operator.close());
  const { consumers, streams } = await operator.jetstreamManager();
  await consumers.delete("TEST", "reader");
  await publishText(bus, "two");
  await eventually(() => expect(texts.at(-1)).toBe("two"), { deadlineMs: 10_000 });
  await streams.delete("TEST");
  await publishText(bus, "three");
  await eventually(() => expect(texts.at(-1)).toBe("three"), { deadlineMs: 10_000 });
}, 40_000);
