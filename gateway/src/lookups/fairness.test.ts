import { createTestClock } from "@geomesh/testing/test-clock";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { principalForTest } from "../operations/testing/principal.ts";
import { FakeGeo, type SentFrame, turns } from "./testing/fake-geo.ts";
import { addresses, lookupsForTest } from "./testing/lookups.ts";

const BATCH_CREDIT = 512;
const CREDIT = 1_024;
const QUANTUM = 64;
const TIMEOUT_MS = 2_000;

const a = principalForTest({ accountId: "acct_a" });
const b = principalForTest({ accountId: "acct_b" });
/** Of batches, so that a frame tells whose addresses are in it. */
const [NET_A, NET_B] = [10, 20];
const ofNet = (frames: readonly SentFrame[], net: number) =>
  frames.flatMap(({ ipAddresses }) => ipAddresses).filter((each) => each.startsWith(`${net}.`))
    .length;

/** Lookups over a geo that answers when the test says so. */
function heldLookups(streams = 1) {
  const geo = new FakeGeo();
  geo.isHolding = true;
  const clock = createTestClock();
  const lookups = lookupsForTest({ open: geo.open, clock }, { streams, timeoutMs: TIMEOUT_MS });
  return { geo, clock, ...lookups };
}

/** As many batches of an account as one key may have under way. */
function sixteenBatches({ ask }: ReturnType<typeof heldLookups>, principal = a, net = NET_A) {
  return Array.from({ length: 16 }, () => ask(addresses(1_000, net), { principal }));
}

describe.each([
  ["another account", b],
  [
    "another key of the same account",
    principalForTest({ accountId: "acct_a", key: { keyId: "k" } }),
  ],
])(
  "while 16,000 addresses of an account's batches wait, a single lookup of %s",
  (_whose, principal) => {
    test("is sent in the turn in which it comes", async () => {
      const lookups = heldLookups();
      sixteenBatches(lookups);
      await turns();
      const { geo, ask } = lookups;
      expect(geo.addresses()).toBe(BATCH_CREDIT);
      ask(["192.0.2.1"], { principal });
      await turns(1);
      expect(geo.frames.at(-1)?.ipAddresses).toEqual(["192.0.2.1"]);
    });

    test("is in the next frame, even where single lookups of others have used up the credit", async () => {
      const lookups = heldLookups();
      const { geo, ask } = lookups;
      sixteenBatches(lookups);
      const other = principalForTest({ accountId: "acct_c" });
      for (const address of addresses(2_000, 30)) ask([address], { principal: other });
      await turns();
      expect(geo.addresses()).toBe(CREDIT);
      ask(["192.0.2.1"], { principal });
      await turns();
      const before = geo.frames.length;
      geo.answer();
      expect(geo.frames[before]?.ipAddresses).toContain("192.0.2.1");
    });
  },
);

test("two accounts whose batches wait get equal shares, from the second one's first frame on", async () => {
  const lookups = heldLookups();
  const { geo } = lookups;
  sixteenBatches(lookups, a, NET_A);
  await turns();
  for (let i = 0; i < 10; i += 1) geo.answer();
  sixteenBatches(lookups, b, NET_B);
  await turns();
  const ahead = ofNet(geo.frames, NET_A);
  const sent = [ahead, 0];
  geo.onFrame = (frame) => {
    sent[0] = (sent[0] as number) + ofNet([frame], NET_A);
    sent[1] = (sent[1] as number) + ofNet([frame], NET_B);
  };
  while (sent[0] !== 16_000) {
    geo.answer();
    const [ofA, ofB] = sent as [number, number];
    expect(Math.abs(ofA - ahead - ofB)).toBeLessThanOrEqual(QUANTUM);
  }
  expect(sent[1]).toBeGreaterThan(10_000);
});

test("a small batch passes a queue of large ones within two frames", async () => {
  const lookups = heldLookups();
  const { geo, ask } = lookups;
  sixteenBatches(lookups);
  await turns();
  ask(addresses(100, NET_B), { principal: b });
  geo.answer();
  geo.answer();
  expect(ofNet(geo.frames.slice(-2), NET_B)).toBe(100);
});

describe("too much of one", () => {
  const batch = addresses(1_000);
  const second = (accountId: string, number: number) =>
    principalForTest({ accountId, key: { keyId: `key ${number} of ${accountId}` } });
  const refusal = (policy: string) =>
    expect.objectContaining({ reason: "RATE_LIMITED", metadata: { violated_policy: policy } });

  test("key is refused for itself only, until some of it is answered", async () => {
    const lookups = heldLookups();
    const { geo, ask } = lookups;
    sixteenBatches(lookups, second("acct_a", 1));
    expect(() => ask(["192.0.2.1"], { principal: second("acct_a", 1) })).toThrow(refusal("key"));
    ask(batch, { principal: second("acct_a", 2) });
    ask(batch, { principal: b });
    await turns();
    while (geo.underWay.length > 0) geo.answer();
    sixteenBatches(lookups, second("acct_a", 1));
  });

  test("account is refused for itself only", () => {
    const lookups = heldLookups();
    const { ask } = lookups;
    sixteenBatches(lookups, second("acct_a", 1));
    sixteenBatches(lookups, second("acct_a", 2));
    const third = second("acct_a", 3);
    expect(() => ask(["192.0.2.1"], { principal: third })).toThrow(refusal("account"));
    sixteenBatches(lookups, b);
  });

  test("batches of all leave room for single lookups", () => {
    const lookups = heldLookups();
    const { ask } = lookups;
    for (let i = 0; i < 6; i += 1) sixteenBatches(lookups, principalForTest({ accountId: `${i}` }));
    for (let i = 0; i < 4; i += 1) ask(batch, { principal: b });
    const full = expect.objectContaining({ reason: "UPSTREAM_UNAVAILABLE" });
    expect(() => ask(["192.0.2.1", "192.0.2.2"], { principal: b })).toThrow(full);
    for (let i = 0; i < 10_000; i += 1) ask(["192.0.2.1"], { principal: b });
    expect(() => ask(["192.0.2.1"], { principal: b })).toThrow(full);
  });
});

test("a lookup whose deadline passes in the queue fails, frees its place, and never reaches geo", async () => {
  const { geo, clock, ask, room } = heldLookups();
  const served = ask(addresses(768, NET_A), { principal: a });
  await turns();
  const waiting = ask(addresses(16_000, NET_B), { principal: b });
  clock.advance(TIMEOUT_MS / 2);
  geo.answer();
  geo.answer();
  expect([ofNet(geo.frames, NET_A), ofNet(geo.frames, NET_B)]).toEqual([768, 256]);
  expect(room.problem(b, 1)).toBeDefined();
  const shared = geo.underWay.filter((frame) => ofNet([frame], NET_A) > 0);
  for (const frame of shared) geo.answer(frame);
  await served.outcome;
  const sent = ofNet(geo.frames, NET_B);
  clock.advance(TIMEOUT_MS / 2);
  await expect(waiting.outcome).rejects.toMatchObject({ reason: "UPSTREAM_UNAVAILABLE" });
  expect(room.problem(b, 16_000)).toBeUndefined();
  while (geo.underWay.length > 0) geo.answer();
  await turns();
  expect(ofNet(geo.frames, NET_B)).toBe(sent);
  expect([served.calls, waiting.calls]).toEqual([1, 1]);
});

test("results keep the order of their addresses, in whatever order frames are answered", async () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(
      ...[fc.integer({ min: 1, max: 4 }), sizes, fc.infiniteStream(fc.nat())],
      async (streams, all, picks) => {
        const { geo, locate } = heldLookups(streams);
        const asked = all.map((size, net) => addresses(size, net + 1));
        const found = Promise.all(asked.map((each) => locate(each)));
        await turns(1);
        for (const pick of picks) {
          if (geo.underWay.length === 0) break;
          geo.answer(geo.underWay[pick % geo.underWay.length]);
        }
        expect(await found).toEqual(asked);
      },
    ),
    { numRuns: 50 },
  );
});
