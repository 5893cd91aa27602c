import { QuotaMode } from "@geomesh/proto/es/geomesh/common/v1/quota_mode_pb";
import { eventually } from "@geomesh/testing/eventually";
import { describe, expect, test } from "vitest";
import { type AnswerOf, locateAll, turns } from "../lookups/testing/fake-geo.ts";
import { TestAsker } from "../operations/testing/asker.ts";
import { principalForTest } from "../operations/testing/principal.ts";
import { START_MONTH_MS } from "../quota/testing/account.ts";
import { pipelineForTest } from "./testing/pipeline.ts";

const PUBLIC = ["192.0.2.1", "192.0.2.2"];
const PRIVATE = [1, 2, 3, 4, 5].map((n) => `10.0.0.${n}`);
const MALFORMED = ["nonsense", "1.2.3", "::g"];
const hard = principalForTest({ plan: { quotaMode: QuotaMode.HARD, keyRate: { requests: 100 } } });
const USED_UP = { kind: "resource_exhausted", reason: "QUOTA_EXCEEDED" };

/** What geo says: an address that begins with 10 is private, and one of `MALFORMED` is none. */
const answerOf: AnswerOf = (ipAddress, language) => {
  if (MALFORMED.includes(ipAddress)) {
    const message = "ip_address must be an address";
    return { result: { case: "error", value: { ipAddress, code: "invalid", message } } };
  }
  if (!ipAddress.startsWith("10.")) return locateAll(ipAddress, language);
  return { result: { case: "location", value: { ipAddress, specialPurpose: "Private-Use" } } };
};

/** The whole way of requests on a hard plan of so many units. */
async function pipelineOf(units: number) {
  const pipeline = await pipelineForTest(1, units);
  pipeline.geo.answerOf = answerOf;
  const locate = (address: string) => pipeline.locate(address, { principal: hard });
  const locateAll = (addresses: readonly string[], asker = new TestAsker()) =>
    pipeline.locateAll(addresses, { principal: hard, asker });
  const billed = () => pipeline.usage.map(({ status, units: used }) => [status, used]);
  return { ...pipeline, locate, locateAll, billed };
}

test.each(["json", "message"] as const)(
  "a batch of more addresses than are left costs what is public of it, and is answered: %s",
  async (form) => {
    const { locateAll, billed, unitsLeft } = await pipelineOf(3);
    const asker = new TestAsker(form);
    const { headers } = await locateAll([...PUBLIC, ...PRIVATE, ...MALFORMED], asker).outcome;
    expect(billed()).toEqual([[200, 2]]);
    expect(headers["ratelimit"]).toMatch(/"month";r=1;t=\d+$/);
    expect(await unitsLeft(hard)).toBe(1);
  },
);

describe("when nothing is left", () => {
  async function nothingLeft() {
    const pipeline = await pipelineOf(1);
    await pipeline.locate("192.0.2.9").outcome;
    pipeline.usage.length = 0;
    return pipeline;
  }

  test("a private address is answered, and a malformed one told so", async () => {
    const { locate, locateAll, billed } = await nothingLeft();
    const { headers } = await locate("10.0.0.1").outcome;
    expect(headers["ratelimit"]).toMatch(/"month";r=0;t=\d+$/);
    await expect(locate("nonsense").outcome).rejects.toMatchObject({ reason: "INVALID_ARGUMENT" });
    await locateAll([...PRIVATE, ...MALFORMED]).outcome;
    expect(billed()).toEqual([
      [200, 0],
      [400, 0],
      [200, 0],
    ]);
  });

  test("a public address is refused, however it is asked for, and leaves no record", async () => {
    const { locate, locateAll, usage, rateLeft } = await nothingLeft();
    const before = rateLeft(hard);
    await expect(locate("192.0.2.1").outcome).rejects.toMatchObject(USED_UP);
    await expect(locateAll([...PRIVATE, "192.0.2.1"]).outcome).rejects.toMatchObject(USED_UP);
    await turns();
    expect([usage, rateLeft(hard)]).toEqual([[], before]);
  });

  test("what is refused is over: as much fits in as before", async () => {
    const { locateAll } = await nothingLeft();
    const thousand = Array.from({ length: 1_000 }, () => "192.0.2.1");
    for (let i = 0; i < 20; i += 1) {
      await expect(locateAll(thousand).outcome).rejects.toMatchObject(USED_UP);
    }
    await locateAll(PRIVATE).outcome;
  });

  test("of one account one batch at a time is looked up in vain, and of all eight", async () => {
    const { geo, locateAll, locate } = await nothingLeft();
    geo.isHolding = true;
    const thousand = Array.from({ length: 1_000 }, () => "192.0.2.1");
    const first = locateAll(thousand);
    await eventually(() => geo.frames.length > 1);
    await expect(locateAll(thousand).outcome).rejects.toMatchObject(USED_UP);
    await expect(locate("10.0.0.1").outcome).rejects.toMatchObject(USED_UP);
    geo.isHolding = false;
    while (geo.underWay.length > 0) geo.answer();
    await expect(first.outcome).rejects.toMatchObject(USED_UP);
    await locate("10.0.0.1").outcome;
  });

  test("who has gone is not answered, and what geo does not answer is a 503, both free", async () => {
    const { geo, locate, lookups, billed } = await nothingLeft();
    geo.isHolding = true;
    const [gone, waiting] = [locate("10.0.0.1"), locate("10.0.0.2")];
    await eventually(() => geo.frames.length > 1);
    gone.isGone = true;
    lookups.close();
    await expect(gone.outcome).rejects.toMatchObject({ reason: "CANCELLED" });
    await expect(waiting.outcome).rejects.toMatchObject({ reason: "UPSTREAM_UNAVAILABLE" });
    expect(billed()).toEqual([
      [499, 0],
      [503, 0],
    ]);
  });
});

test("while metering is unavailable, what costs nothing is answered, and what costs something is a 503", async () => {
  const { metering, locate, locateAll, billed } = await pipelineOf(100);
  metering.fate = () => "request lost";
  await locate("10.0.0.1").outcome;
  await expect(locate("nonsense").outcome).rejects.toMatchObject({ reason: "INVALID_ARGUMENT" });
  await locateAll([...PRIVATE, ...MALFORMED]).outcome;
  const AWAY = { reason: "METERING_UNAVAILABLE" };
  await expect(locate("192.0.2.1").outcome).rejects.toMatchObject(AWAY);
  await expect(locateAll([...PRIVATE, "192.0.2.1"]).outcome).rejects.toMatchObject(AWAY);
  expect(billed()).toEqual([
    [200, 0],
    [400, 0],
    [200, 0],
  ]);
});

test("what may be free is looked up after everything else", async () => {
  const pipeline = await pipelineForTest();
  const { geo, lease, metering } = pipeline;
  geo.answerOf = answerOf;
  const poor = principalForTest({ accountId: "acct_poor", plan: { quotaMode: QuotaMode.HARD } });
  await lease();
  metering.useElsewhere(START_MONTH_MS, 1_000_000n);
  geo.isHolding = true;
  const others = Array.from({ length: 1_000 }, (_, i) => `198.51.${i >> 8}.${i & 255}`);
  const batches = [pipeline.locateAll(others), pipeline.locateAll(others)];
  await turns();
  const free = pipeline.locate("10.0.0.1", { principal: poor });
  await turns(10);
  for (let answered = 0; answered < 3; answered += 1) geo.answer();
  expect(geo.frames.some(({ ipAddresses }) => ipAddresses.includes("10.0.0.1"))).toBe(false);
  geo.isHolding = false;
  while (geo.underWay.length > 0) geo.answer();
  await Promise.all([...batches, free].map(({ outcome }) => outcome));
});

test("units that come back while geo is asked pay for the answer", async () => {
  const { geo, metering, locateAll, billed, clock } = await pipelineOf(100);
  metering.lendElsewhere(START_MONTH_MS, 100n);
  geo.isHolding = true;
  const asker = locateAll(PUBLIC);
  await eventually(() => geo.frames.length === 1);
  metering.lendElsewhere(START_MONTH_MS, -100n);
  clock.advance(600);
  geo.answer();
  await asker.outcome;
  expect(billed()).toEqual([[200, 2]]);
});
