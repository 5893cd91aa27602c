import { create } from "@bufbuild/protobuf";
import {
  GeoService,
  StreamLocationsRequestSchema,
} from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { AppError } from "@geomesh/runtime/errors";
import { createTestClock } from "@geomesh/testing/test-clock";
import { expect, test } from "vitest";
import type { Admissions, Admitted } from "./admission.ts";
import { publicStreams } from "./catalog.ts";
import { runStream } from "./run-stream.ts";
import type { StreamHandler } from "./stream.ts";
import { TestAsker } from "./testing/asker.ts";
import { principalForTest } from "./testing/principal.ts";

const ADMITTED = {} as Admitted;
const [operation] = publicStreams([GeoService]);
if (operation === undefined) throw new Error("there is no stream");

const limited = (retryAfterMs: number) => new AppError("RATE_LIMITED", { retryAfterMs });

/** A stream that asks for units once. Its admissions are refused by these errors in turn, then admitted. */
function start(refusals: readonly AppError[], handler?: StreamHandler) {
  const clock = createTestClock();
  const call = new AbortController();
  const leaving = new AbortController();
  const seen = {
    units: [] as number[],
    waitedMs: [] as number[],
    onWait: () => undefined as undefined,
  };
  const asker = {
    call: { ...new TestAsker().call, signal: call.signal },
    ...{ frame: undefined, leaving: leaving.signal, isGone: false },
  };
  const admissions: Pick<Admissions, "admitUnits"> = {
    async admitUnits(_operation, _principal, units) {
      const refusal = refusals[seen.units.length];
      seen.units.push(units);
      if (refusal !== undefined) throw refusal;
      return ADMITTED;
    },
  };
  const once: StreamHandler = async function* ({ admit }) {
    expect(await admit(7)).toBe(ADMITTED);
    yield { responses: [], count: 7, headers: {} };
  };
  const run = runStream(
    {
      ...{ operation: operation as NonNullable<typeof operation>, asker },
      principal: principalForTest(),
      options: create(StreamLocationsRequestSchema),
      requests: { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }) },
    },
    {
      ...{ admissions, handler: handler ?? once },
      tell: (error) => new Error("told", { cause: error }),
      async wait(ms, signal) {
        seen.waitedMs.push(ms);
        clock.advance(ms);
        seen.onWait();
        signal.throwIfAborted();
      },
    },
  );
  const outcome = () =>
    Array.fromAsync(run).then(
      (pieces) => pieces.length,
      ({ message, cause }: Error) => [message, (cause as AppError).reason],
    );
  return { clock, call, leaving, asker, seen, outcome };
}

test("a part whose rate is used up waits as it is told, and is admitted then", async () => {
  const { seen, outcome } = start([limited(400), limited(1_000)]);
  expect(await outcome()).toBe(1);
  expect(seen).toMatchObject({ units: [7, 7, 7], waitedMs: [400, 1_000] });
});

test("a part waits for a minute in all, and what would have to wait longer is refused", async () => {
  const { seen, outcome, clock } = start(Array.from({ length: 10 }, () => limited(25_000)));
  const startMs = clock.monotonicMs();
  expect(await outcome()).toEqual(["told", "RATE_LIMITED"]);
  expect(clock.monotonicMs() - startMs).toBe(50_000);
  expect(seen.waitedMs).toEqual([25_000, 25_000]);
  const atOnce = start([limited(60_001)]);
  expect(await atOnce.outcome()).toEqual(["told", "RATE_LIMITED"]);
  expect(atOnce.seen.waitedMs).toEqual([]);
});

test.each(["QUOTA_EXCEEDED", "PLAN_FORBIDDEN", "METERING_UNAVAILABLE"] as const)(
  "%s is no reason to wait",
  async (reason) => {
    const { seen, outcome } = start([new AppError(reason, { retryAfterMs: 1 })]);
    expect(await outcome()).toEqual(["told", reason]);
    expect(seen.waitedMs).toEqual([]);
  },
);

test("a client that goes while its stream waits is not admitted any more", async () => {
  const aborted = start([limited(400)]);
  aborted.seen.onWait = () => {
    aborted.call.abort();
  };
  expect(await aborted.outcome()).toEqual(["told", "CANCELLED"]);
  const gone = start([limited(400)]);
  gone.seen.onWait = () => {
    gone.asker.isGone = true;
  };
  expect(await gone.outcome()).toEqual(["told", "CANCELLED"]);
  expect(gone.seen.units).toEqual([7]);
});

test("a gateway that leaves ends what waits, and admits nothing more", async () => {
  const waiting = start([limited(400)]);
  waiting.seen.onWait = () => {
    waiting.leaving.abort();
  };
  expect(await waiting.outcome()).toEqual(["told", "UPSTREAM_UNAVAILABLE"]);
  const before = start([]);
  before.leaving.abort();
  expect(await before.outcome()).toEqual(["told", "UPSTREAM_UNAVAILABLE"]);
  expect(before.seen.units).toEqual([]);
});

test("what a handler throws comes after what it answered", async () => {
  const { outcome } = start([], async function* () {
    yield { responses: [], count: 0, headers: {} };
    throw new AppError("UPSTREAM_UNAVAILABLE");
  });
  expect(await outcome()).toEqual(["told", "UPSTREAM_UNAVAILABLE"]);
});
