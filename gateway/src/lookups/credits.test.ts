import { createTestClock } from "@geomesh/testing/test-clock";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { TestAsker } from "../operations/testing/asker.ts";
import { principalForTest } from "../operations/testing/principal.ts";
import { FakeGeo, turns } from "./testing/fake-geo.ts";
import { addressesOf, lookupsForTest } from "./testing/lookups.ts";

const FRAME_MAX = 256;
const BATCH_CREDIT = 512;
const CREDIT = 1_024;
const LANGUAGES = ["", "de", "ja"] as const;

const asking = fc.record({
  account: fc.constantFrom("acct_a", "acct_b", "acct_c"),
  language: fc.constantFrom(...LANGUAGES),
  /** A batch of so many addresses, or so many single lookups. */
  count: fc.oneof(fc.integer({ min: 2, max: 30 }), fc.integer({ min: 100, max: 1_500 })),
  isBatch: fc.boolean(),
});
type Asking = typeof asking extends fc.Arbitrary<infer T> ? T : never;
const turn = fc.record({
  asked: fc.array(asking, { maxLength: 3 }),
  answers: fc.array(fc.nat(), { maxLength: 4 }),
  breaks: fc.option(fc.nat(), { freq: 8, nil: undefined }),
});

/** Addresses that tell whether they are of a batch, and their language. */
function addressesFor({ language, count, isBatch }: Asking): string[] {
  const net = `${isBatch ? 2 : 1}.${LANGUAGES.indexOf(language)}`;
  return Array.from({ length: count }, (_, i) => `${net}.${i >> 8}.${i & 255}`);
}

/** Checks every frame when it comes: what is in it, how much is under way with it, and on which stream. */
function checkFrames(geo: FakeGeo, streams: number): void {
  geo.onFrame = ({ stream, ipAddresses, language }) => {
    expect(ipAddresses.length).toBeLessThanOrEqual(FRAME_MAX);
    const languages = new Set(ipAddresses.map((each) => Number(each.split(".")[1])));
    expect([...languages].map((each) => LANGUAGES[each])).toEqual([language]);

    const underWay = geo.underWay.flatMap((each) => each.ipAddresses);
    expect(underWay.length).toBeLessThanOrEqual(streams * CREDIT);
    const ofBatches = underWay.filter((each) => each.startsWith("2."));
    expect(ofBatches.length).toBeLessThanOrEqual(streams * BATCH_CREDIT);

    const others = geo.streams.filter((each) => each.isOpen && each !== stream);
    const loads = others.map((each) => geo.addresses(each));
    // A stream that is not open has nothing under way.
    const least = others.length < streams - 1 ? 0 : Math.min(...loads);
    expect(geo.addresses(stream) - ipAddresses.length).toBeLessThanOrEqual(least);
    // The credit is of all streams together: a frame goes whole to the one with the least.
    expect(geo.addresses(stream)).toBeLessThan(CREDIT + FRAME_MAX);
  };
}

/** Asks what the room allows. */
function askAll(ask: ReturnType<typeof lookupsForTest>["ask"], asked: Asking): TestAsker[] {
  const { account, language, isBatch } = asked;
  const principal = principalForTest({ accountId: account });
  const all = addressesFor(asked);
  const requests = isBatch ? [all] : all.map((each) => [each]);
  return requests.flatMap((each) => {
    try {
      return [ask(each, { principal, language })];
    } catch {
      return [];
    }
  });
}

test("frames hold one language, stay within the credit, and go to the stream with the least to do", async () => {
  const property = fc.asyncProperty(
    fc.integer({ min: 1, max: 4 }),
    fc.array(turn, { maxLength: 8 }),
    async (streams, steps) => {
      const geo = new FakeGeo();
      geo.isHolding = true;
      const { ask, lookups } = lookupsForTest(
        { open: geo.open, clock: createTestClock() },
        { streams },
      );
      checkFrames(geo, streams);
      const askers: TestAsker[] = [];
      for (const { asked, answers, breaks } of steps) {
        askers.push(...asked.flatMap((each) => askAll(ask, each)));
        await turns(1);
        for (const pick of answers) {
          if (geo.underWay.length > 0) geo.answer(geo.underWay[pick % geo.underWay.length]);
        }
        if (breaks !== undefined) geo.streams[breaks % geo.streams.length]?.break();
      }
      await turns(1);
      while (geo.underWay.length > 0) geo.answer();
      await turns(1);
      expect(askers.filter(({ calls }) => calls !== 1)).toEqual([]);
      lookups.close();
    },
  );
  await fc.assert(property, { numRuns: 30 });
});

test("a stream that is free gets the next frame", async () => {
  const geo = new FakeGeo();
  geo.isHolding = true;
  const { ask } = lookupsForTest({ open: geo.open }, { streams: 3 });
  const send = async (count: number) => {
    ask(Array.from({ length: count }, () => "192.0.2.1"));
    await turns(1);
    return geo.frames.at(-1)?.stream.index;
  };
  expect([await send(9), await send(5), await send(7), await send(1)]).toEqual([0, 1, 2, 1]);
  geo.answer(geo.frames[0]);
  expect(await send(1)).toBe(0);
});

test("a frame whose stream breaks is sent once more, and then fails", async () => {
  const geo = new FakeGeo();
  geo.isHolding = true;
  const { ask } = lookupsForTest({ open: geo.open });
  const asker = ask(["192.0.2.1", "192.0.2.2"]);
  await turns(1);
  geo.streams[0]?.break();
  expect(geo.frames.map(({ ipAddresses }) => ipAddresses)).toEqual([
    ...[
      ["192.0.2.1", "192.0.2.2"],
      ["192.0.2.1", "192.0.2.2"],
    ],
  ]);
  expect(geo.frames.map(({ partsMax }) => partsMax > 0)).toEqual([true, true]);
  const again = ask(["192.0.2.3"]);
  await turns(1);
  geo.streams[1]?.finish();
  await expect(asker.outcome).rejects.toMatchObject({ reason: "UPSTREAM_UNAVAILABLE" });
  geo.answer();
  const { body } = await again.outcome;
  expect(addressesOf(body)).toEqual(["192.0.2.3"]);
});

test("what a stream still says after it broke changes nothing", async () => {
  const geo = new FakeGeo();
  geo.isHolding = true;
  const { ask } = lookupsForTest({ open: geo.open });
  const asker = ask(["192.0.2.1"]);
  await turns(1);
  const [first] = geo.frames;
  geo.streams[0]?.break();
  geo.answer(first);
  geo.streams[0]?.emit("data", Buffer.from("no message"));
  geo.streams[0]?.emit("error", new Error("again"));
  geo.streams[0]?.emit("end");
  expect([asker.calls, geo.streams.length, geo.streams[1]?.isOpen]).toEqual([0, 2, true]);
  geo.answer();
  await asker.outcome;
});

test("a stream that says what cannot be read is of no more use", async () => {
  const geo = new FakeGeo();
  geo.isHolding = true;
  const { ask } = lookupsForTest({ open: geo.open });
  const asker = ask(["192.0.2.1"]);
  await turns(1);
  geo.streams[0]?.emit("data", Buffer.from("no message"));
  expect(geo.streams.map(({ isOpen }) => isOpen)).toEqual([false, true]);
  geo.answer();
  await asker.outcome;
});

test("frames that geo never answers free their credit when they expire", async () => {
  const geo = new FakeGeo();
  geo.isHolding = true;
  const clock = createTestClock();
  const { ask } = lookupsForTest({ open: geo.open, clock }, { timeoutMs: 1_000 });
  const late = ask(Array.from({ length: 1_000 }, () => "192.0.2.1"));
  await turns(1);
  expect(geo.addresses()).toBe(BATCH_CREDIT);
  clock.advance(1_000);
  await expect(late.outcome).rejects.toMatchObject({ reason: "UPSTREAM_UNAVAILABLE" });
  const sentBefore = geo.frames.length;
  ask(Array.from({ length: 1_000 }, () => "192.0.2.2"));
  await turns(1);
  const sent = geo.frames.slice(sentBefore).map(({ ipAddresses }) => ipAddresses.length);
  expect(sent).toEqual([FRAME_MAX, FRAME_MAX]);
});
