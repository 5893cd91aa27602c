import { AppError } from "@geomesh/runtime/errors";
import { createTestClock } from "@geomesh/testing/test-clock";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { TestAsker } from "../operations/testing/asker.ts";
import { principalForTest } from "../operations/testing/principal.ts";
import type { Releasable, Usage } from "../usage/spool.ts";
import { NEVER_STORED } from "../usage/testing/durable.ts";
import { FakeGeo } from "./testing/fake-geo.ts";
import { addresses, addressesOf, lookupsForTest } from "./testing/lookups.ts";

const TIMEOUT_MS = 2_000;
const SWEEP_MS = 100;
const ACCOUNTS = ["acct_a", "acct_b"] as const;
/** As `UnderWay` states them. */
const [KEY_MAX, BATCHES_MAX] = [16_000, 100_000];

const ask = fc.record({
  do: fc.constant("ask" as const),
  account: fc.constantFrom(...ACCOUNTS),
  key: fc.constantFrom("1", "2"),
  language: fc.constantFrom("", "de"),
  count: fc.oneof(fc.constant(1), fc.integer({ min: 0, max: 1_200 })),
});
const pick = fc.nat();
const step = fc.oneof(
  { weight: 6, arbitrary: ask },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("turn" as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("answer" as const), pick }) },
  // Geo may answer what it has answered, what has expired, and what was sent on a stream that broke.
  fc.record({ do: fc.constant("answer again" as const), pick }),
  fc.record({ do: fc.constant("answer nonsense" as const), pick }),
  fc.record({ do: fc.constant("break" as const), pick }),
  fc.record({ do: fc.constant("finish" as const), pick }),
  fc.record({ do: fc.constant("pass" as const), ms: fc.constantFrom(1, 700, TIMEOUT_MS) }),
  fc.record({ do: fc.constant("leave" as const), pick }),
  { weight: 2, arbitrary: fc.record({ do: fc.constant("sync" as const) }) },
  fc.record({ do: fc.constant("fill or empty the spool" as const) }),
  fc.record({ do: fc.constant("lose the spool" as const) }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** A spool whose records are durable, lost or refused when the test says so. */
class ModelSpool {
  readonly recorded: Usage[] = [];
  isFull = false;
  #waiting: Releasable[] = [];

  append(usage: Usage, waiting: Releasable): number {
    if (this.isFull) throw new AppError("USAGE_SPOOL_FULL");
    this.#waiting.push(waiting);
    return this.recorded.push(usage);
  }

  end(isDurable: boolean): void {
    const all = this.#waiting;
    this.#waiting = [];
    for (const each of all) {
      if (isDurable) each.release(NEVER_STORED);
      else each.withhold(new AppError("USAGE_SPOOL_BROKEN"));
    }
  }
}

/** Lookups and all that they meet; every step happens at once. */
class World {
  readonly geo = new FakeGeo();
  readonly spool = new ModelSpool();
  readonly clock = createTestClock();
  readonly lookups: ReturnType<typeof lookupsForTest>;
  readonly asked: { asker: TestAsker; ipAddresses: readonly string[] }[] = [];

  constructor(streams: number) {
    this.geo.isHolding = true;
    const { open } = this.geo;
    const deps = { open, clock: this.clock, spool: this.spool };
    this.lookups = lookupsForTest(deps, { streams, timeoutMs: TIMEOUT_MS });
  }

  happen(each: Step): void {
    const { geo, spool } = this;
    if (each.do === "ask") this.#ask(each);
    else if (each.do === "turn") vi.advanceTimersByTime(0);
    else if (each.do === "answer") this.#pick(each, geo.underWay, (frame) => geo.answer(frame));
    else if (each.do === "answer again") this.#pick(each, geo.frames, (frame) => geo.answer(frame));
    else if (each.do === "answer nonsense") {
      this.#pick(each, geo.streams, (stream) => stream.emit("data", Buffer.from([0x0a, 0x7f])));
    } else if (each.do === "break") this.#pick(each, geo.streams, (stream) => stream.break());
    else if (each.do === "finish") this.#pick(each, geo.streams, (stream) => stream.finish());
    else if (each.do === "pass") {
      this.clock.advance(each.ms);
      vi.advanceTimersByTime(SWEEP_MS);
    } else if (each.do === "leave") {
      this.#pick(each, this.asked, ({ asker }) => {
        asker.isGone = true;
      });
    } else if (each.do === "sync") spool.end(true);
    else if (each.do === "lose the spool") spool.end(false);
    else spool.isFull = !spool.isFull;
  }

  #ask({ account, key, language, count }: Extract<Step, { do: "ask" }>): void {
    const ipAddresses = addresses(count, this.asked.length % 200);
    const principal = principalForTest({ accountId: account, key: { keyId: account + key } });
    try {
      const asker = this.lookups.ask(ipAddresses, { principal, language });
      this.asked.push({ asker, ipAddresses });
    } catch (error) {
      expect(error).toMatchObject({ reason: "RATE_LIMITED" });
    }
  }

  #pick<T>({ pick }: { pick: number }, all: readonly T[], act: (one: T) => void): void {
    if (all.length > 0) act(all[pick % all.length] as T);
  }
}

beforeEach(() => {
  const toFake = ["setInterval", "clearInterval", "setImmediate", "clearImmediate"] as const;
  vi.useFakeTimers({ toFake: [...toFake] });
});
afterEach(() => {
  vi.useRealTimers();
});

test("whatever happens, every asker is called once, every unit settled once, and nothing stays under way", () => {
  const streams = fc.integer({ min: 1, max: 3 });
  fc.assert(
    fc.property(streams, fc.array(step, { maxLength: 60 }), fc.boolean(), (count, steps, ends) => {
      const world = new World(count);
      const { lookups, geo, spool, asked } = world;
      for (const each of steps) world.happen(each);
      if (ends) {
        vi.advanceTimersByTime(0);
        while (geo.underWay.length > 0) geo.answer();
      }
      lookups.lookups.close();
      spool.end(true);

      expect(asked.filter(({ asker }) => asker.calls !== 1)).toEqual([]);
      expect(new Set(lookups.quota.settled)).toEqual(new Set(asked.length === 0 ? [] : [1]));
      const billed = spool.recorded.reduce((sum, { units }) => sum + units, 0);
      expect(lookups.quota.used.reduce((sum, units) => sum + units, 0)).toBe(billed);
      for (const { asker, ipAddresses } of asked) {
        for (const { body } of asker.outcomes) expect(addressesOf(body)).toEqual(ipAddresses);
      }
      expectNothingUnderWay(world);
    }),
    { numRuns: 300 },
  );
});

/** Every count is 0: exactly as much fits in as the bounds say, for the keys, in each account and in all. */
function expectNothingUnderWay({ lookups: { room } }: World): void {
  for (const accountId of ACCOUNTS) {
    const keys = ["1", "2", "3"].map((key) =>
      principalForTest({ accountId, key: { keyId: accountId + key } }),
    );
    for (const key of keys.slice(0, 2)) {
      expect(room.problem(key, KEY_MAX)).toBeUndefined();
      room.enter(key, KEY_MAX);
    }
    for (const key of keys) expect(room.problem(key, 1)).toBeDefined();
  }
  const other = principalForTest({ accountId: "acct_c" });
  const entered = ACCOUNTS.length * 2 * KEY_MAX;
  room.enter(principalForTest({ accountId: "acct_d" }), BATCHES_MAX - entered - 2);
  expect(room.problem(other, 2)).toBeUndefined();
  expect(room.problem(other, 3)).toBeDefined();
}

test("the steps of the model do what they say", () => {
  const world = new World(1);
  world.happen({ do: "ask", account: "acct_a", key: "1", language: "", count: 2 });
  world.happen({ do: "turn" });
  world.happen({ do: "answer", pick: 0 });
  world.happen({ do: "sync" });
  expect(world.asked[0]?.asker.outcomes).toHaveLength(1);
  world.happen({ do: "ask", account: "acct_a", key: "1", language: "", count: 2 });
  world.happen({ do: "turn" });
  world.happen({ do: "pass", ms: TIMEOUT_MS });
  world.happen({ do: "sync" });
  expect(world.asked[1]?.asker.errors).toMatchObject([{ reason: "UPSTREAM_UNAVAILABLE" }]);
});
