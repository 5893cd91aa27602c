import { AppError } from "@geomesh/runtime/errors";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { timely } from "./timely.ts";

const PAUSE_MS = 1_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A source whose items come when the test says so. */
function source() {
  const waiting: PromiseWithResolvers<IteratorResult<string>>[] = [];
  const seen = { returned: 0 };
  return {
    seen,
    give: (value: string) => waiting.shift()?.resolve({ done: false, value }),
    end: () => waiting.shift()?.resolve({ done: true, value: undefined }),
    fail: (error: Error) => waiting.shift()?.reject(error),
    items: {
      [Symbol.asyncIterator]: () => ({
        next() {
          const item = Promise.withResolvers<IteratorResult<string>>();
          waiting.push(item);
          return item.promise;
        },
        async return() {
          seen.returned += 1;
          return { done: true as const, value: undefined };
        },
      }),
    },
  };
}

function start(isOwing = () => false) {
  const leaving = new AbortController();
  const from = source();
  const options = { pauseMsMax: PAUSE_MS, leaving: leaving.signal, isOwing };
  return { ...from, leaving, out: timely(from.items, options) };
}

const reasonOf = (next: Promise<unknown>) =>
  next.then(
    () => "none",
    (error: unknown) => (error instanceof AppError ? error.reason : String(error)),
  );

describe("a client that goes on in time", () => {
  test("is heard to its end, however long all takes", async () => {
    const { out, give, end, seen } = start();
    for (let n = 0; n < 5; n += 1) {
      const next = out.next();
      await vi.advanceTimersByTimeAsync(PAUSE_MS - 1);
      give(`${n}`);
      expect(await next).toEqual({ done: false, value: `${n}` });
    }
    const last = out.next();
    await vi.advanceTimersByTimeAsync(0);
    end();
    expect(await last).toEqual({ done: true, value: undefined });
    expect([vi.getTimerCount(), seen.returned]).toEqual([0, 1]);
  });

  test("does not pay for the time in which nobody asks", async () => {
    const { out, give } = start();
    const first = out.next();
    await vi.advanceTimersByTimeAsync(0);
    give("a");
    await first;
    await vi.advanceTimersByTimeAsync(10 * PAUSE_MS);
    const second = out.next();
    await vi.advanceTimersByTimeAsync(PAUSE_MS - 1);
    give("b");
    expect((await second).value).toBe("b");
    await out.return();
  });

  test("does not pay for the time in which it waits for answers", async () => {
    let isOwing = true;
    const { out, give } = start(() => isOwing);
    const next = out.next();
    await vi.advanceTimersByTimeAsync(10.5 * PAUSE_MS);
    isOwing = false;
    give("a");
    expect((await next).value).toBe("a");
    const late = reasonOf(out.next());
    await vi.advanceTimersByTimeAsync(PAUSE_MS);
    expect(await late).toBe("BODY_TOO_SLOW");
  });
});

test("a pause that is too long ends it with BODY_TOO_SLOW, and the source is told", async () => {
  const { out, seen } = start();
  const next = reasonOf(out.next());
  await vi.advanceTimersByTimeAsync(PAUSE_MS);
  expect(await next).toBe("BODY_TOO_SLOW");
  expect([vi.getTimerCount(), seen.returned]).toEqual([0, 1]);
});

test("a gateway that leaves ends it with UPSTREAM_UNAVAILABLE, while it waits and before", async () => {
  const waiting = start();
  const next = reasonOf(waiting.out.next());
  await vi.advanceTimersByTimeAsync(0);
  waiting.leaving.abort();
  expect(await next).toBe("UPSTREAM_UNAVAILABLE");

  const before = start();
  before.leaving.abort();
  expect(await reasonOf(before.out.next())).toBe("UPSTREAM_UNAVAILABLE");
  expect(vi.getTimerCount()).toBe(0);
});

test("what breaks its source is thrown as it is", async () => {
  const { out, fail } = start();
  const next = reasonOf(out.next());
  await vi.advanceTimersByTimeAsync(0);
  fail(new Error("reset"));
  expect(await next).toBe("Error: reset");
});
