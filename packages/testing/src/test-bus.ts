import { connectEvents, type Delivery, type EventBus } from "@geomesh/runtime/events/bus";
import { defineEvent } from "@geomesh/runtime/events/event";
import { createLog } from "@geomesh/runtime/log";
import { onTestFinished } from "vitest";
import { eventually } from "./eventually.ts";
import { startTestNats, type TestNats } from "./nats.ts";

/** An event that is a text; the text `undecodable` does not decode. */
export const happened = defineEvent<string>("geomesh.test.v1.Happened", {
  encode: (text) => Buffer.from(text),
  decode(bytes) {
    const text = Buffer.from(bytes).toString();
    if (text === "undecodable") throw new Error("not a message");
    return text;
  },
});

/** A stream of such events. */
export const TEST_STREAM = {
  name: "TEST",
  events: [happened],
  maxAgeMs: 600_000,
  maxBytes: 1 << 24,
};

/** Starts a nats-server that ends with the test. */
export async function natsForTest(): Promise<TestNats> {
  const nats = await startTestNats();
  onTestFinished(() => nats.stop());
  return nats;
}

/** Connects a bus that ends with the test. The name is that of the user, where the URL is not that of the test itself. */
export async function busForTest(url: string, name = "test"): Promise<EventBus> {
  const log = createLog({ service: "test", level: "silent" });
  const bus = await connectEvents({ url, name, log });
  onTestFinished(() => bus.close());
  return bus;
}

/** Starts a server and connects a bus, with the stream on it. */
export async function streamForTest(): Promise<{ nats: TestNats; bus: EventBus }> {
  const nats = await natsForTest();
  const bus = await busForTest(nats.url);
  await bus.ensureStream(TEST_STREAM);
  return { nats, bus };
}

/** Publishes a text with itself as id, again and again until it is stored. */
export async function publishText(bus: EventBus, text: string): Promise<void> {
  const mark = { id: text, time: new Date(), timeoutMs: 500 };
  await eventually(() => bus.publish(happened, text, mark), { deadlineMs: 15_000 });
}

/** Reads the stream from its start as a reader of the given name, and acknowledges everything. */
export function readAll(
  bus: EventBus,
  durable: string,
): { texts: string[]; deliveries: Delivery[] } {
  const [texts, deliveries]: [string[], Delivery[]] = [[], []];
  const reader = bus.consume({ stream: "TEST", durable, event: happened }, async (text, given) => {
    texts.push(text);
    deliveries.push(given);
    return "ack";
  });
  onTestFinished(() => reader.close());
  return { texts, deliveries };
}
