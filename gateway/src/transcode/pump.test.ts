import { once } from "node:events";
import { PassThrough, Writable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { pump } from "./pump.ts";

const KIB = 1024;
const BATCH = 64 * KIB;
const HIGH_WATER_MARK = 16 * KIB;
const LINE = `${"x".repeat(99)}\n`;

interface Source extends AsyncIterable<string> {
  taken: number;
  returned: number;
}

/** Lines without an end, or of a count; each is there at once. */
function sourceOf(count = Infinity, line = LINE): Source {
  const source: Source = {
    taken: 0,
    returned: 0,
    [Symbol.asyncIterator]: () => ({
      async next() {
        if (source.taken === count) return { done: true, value: undefined };
        source.taken += 1;
        return { done: false, value: line };
      },
      async return() {
        source.returned += 1;
        return { done: true, value: undefined };
      },
    }),
  };
  return source;
}

/** A sink that takes a write only when it is told to. */
function slowSink() {
  const writes: string[] = [];
  let take: (() => void) | undefined;
  const sink = new Writable({
    highWaterMark: HIGH_WATER_MARK,
    write(chunk: Buffer, _encoding, done) {
      writes.push(chunk.toString("latin1"));
      take = done;
    },
  });
  return { sink, writes, take: () => take?.() };
}

function fastSink(writes: string[] = []): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      writes.push(chunk.toString("latin1"));
      done();
    },
  });
}

const listenersOf = (sink: Writable) =>
  ["drain", "close", "error"].map((event) => sink.listenerCount(event));

test("all text of a source is written, in order, and the sink stays open", async () => {
  const writes: string[] = [];
  const sink = fastSink(writes);
  const before = listenersOf(sink);
  async function* numbers() {
    for (let n = 0; n < 5_000; n++) {
      if (n % 700 === 0) await setImmediate();
      yield `${n} é\n`;
    }
  }
  expect(await pump(numbers(), sink)).toBe(true);
  const expected = Array.from({ length: 5_000 }, (_, n) => `${n} é\n`).join("");
  expect(writes.join("")).toBe(expected);
  expect(sink.writableEnded).toBe(false);
  expect(listenersOf(sink)).toEqual(before);
});

test("many texts of one turn are one write of 64 KiB", async () => {
  const writes: string[] = [];
  await pump(sourceOf(10_000), fastSink(writes));
  expect(writes.join("")).toHaveLength(1_000_000);
  expect(writes.length).toBeLessThanOrEqual(Math.ceil(1_000_000 / BATCH));
});

test("a text that comes alone is written before the next comes", async () => {
  const writes: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  async function* twoTexts() {
    yield "first";
    await promise;
    yield "second";
  }
  const sink = fastSink(writes);
  const pumped = pump(twoTexts(), sink);
  while (writes.length === 0) await setImmediate();
  expect(writes).toEqual(["first"]);
  resolve();
  await pumped;
  expect(writes).toEqual(["first", "second"]);
});

test("a slow sink holds a bounded count of bytes, and no more is taken from the source", async () => {
  const { sink, take } = slowSink();
  const source = sourceOf();
  const pumped = pump(source, sink);
  let held = 0;
  let taken = 0;
  for (let turn = 0; turn < 200; turn++) {
    await setImmediate();
    held = Math.max(held, sink.writableLength);
    if (turn % 4 === 3) {
      expect(source.taken).toBe(taken || source.taken);
      take();
      await setImmediate();
    }
    taken = turn % 4 === 2 ? source.taken : 0;
  }
  expect(held).toBeLessThanOrEqual(HIGH_WATER_MARK + BATCH + LINE.length);
  expect(source.taken * LINE.length).toBeLessThan(52 * (BATCH + LINE.length));
  expect(source.taken * LINE.length).toBeGreaterThan(20 * BATCH);
  sink.destroy();
  expect(await pumped).toBe(false);
});

test("a sink that has enough already is waited for", async () => {
  const { sink, writes, take } = slowSink();
  sink.write("x".repeat(HIGH_WATER_MARK));
  const pumped = pump(sourceOf(1), sink);
  for (let turn = 0; turn < 5; turn++) await setImmediate();
  expect(writes).toHaveLength(1);
  expect(sink.writableLength).toBe(HIGH_WATER_MARK);
  take();
  while (writes.length < 2) await setImmediate();
  take();
  expect(await pumped).toBe(true);
});

test.each<[how: string, end: (sink: Writable) => void]>([
  ["closed", (sink) => sink.destroy()],
  ["failed", (sink) => sink.destroy(new Error("reset by peer"))],
])("a sink that is %s ends the source", async (_how, end) => {
  const { sink } = slowSink();
  const source = sourceOf();
  const pumped = pump(source, sink);
  await setImmediate();
  end(sink);
  expect(await pumped).toBe(false);
  expect(source.returned).toBe(1);
  const { taken } = source;
  await setImmediate();
  expect(source.taken).toBe(taken);
});

test("a sink that closes while the source waits ends at once, and the source when it goes on", async () => {
  const sink = fastSink();
  const { promise, resolve } = Promise.withResolvers<void>();
  const { promise: ended, resolve: end } = Promise.withResolvers<string>();
  async function* waiting() {
    try {
      await promise;
      yield "late";
      yield "never taken";
      end("went on");
    } finally {
      end("returned");
    }
  }
  const pumped = pump(waiting(), sink);
  await setImmediate();
  sink.destroy();
  expect(await pumped).toBe(false);
  resolve();
  expect(await ended).toBe("returned");
});

test("a sink that is closed already ends the source before anything is taken", async () => {
  const sink = fastSink();
  sink.destroy();
  await once(sink, "close");
  const source = sourceOf();
  expect(await pump(source, sink)).toBe(false);
  expect(source).toMatchObject({ taken: 0, returned: 1 });
});

test("a failure of the source is told when what came before it is written", async () => {
  const writes: string[] = [];
  const sink = fastSink(writes);
  const before = listenersOf(sink);
  async function* failing() {
    yield "before";
    throw new Error("geo is unavailable");
  }
  await expect(pump(failing(), sink)).rejects.toThrow("geo is unavailable");
  sink.end(" and the problem");
  await once(sink, "finish");
  expect(writes).toEqual(["before", " and the problem"]);
  expect(listenersOf(sink)).toEqual(before);
});

test("a source that cannot be told to end is left", async () => {
  const sink = new PassThrough();
  const next = () => new Promise<IteratorResult<string>>(() => undefined);
  const pumped = pump({ [Symbol.asyncIterator]: () => ({ next }) }, sink);
  sink.destroy();
  expect(await pumped).toBe(false);
});

test("others get their turn while a source and a sink are always ready", async () => {
  const sink = fastSink();
  const pumped = pump(sourceOf(), sink);
  let turns = 0;
  while (turns < 10) {
    await setImmediate();
    turns += 1;
  }
  sink.destroy();
  expect(await pumped).toBe(false);
});
