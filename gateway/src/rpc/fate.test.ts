import { fromBinary } from "@bufbuild/protobuf";
import { BatchGetLocationsResponseSchema } from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { AppError } from "@geomesh/runtime/errors";
import { eventually } from "@geomesh/testing/eventually";
import { describe, expect, test } from "vitest";
import { locateAll, turns } from "../lookups/testing/fake-geo.ts";
import { TestAsker } from "../operations/testing/asker.ts";
import { principalForTest } from "../operations/testing/principal.ts";
import { pipelineForTest, QUOTA_UNITS, TIMEOUT_MS } from "./testing/pipeline.ts";

const principal = principalForTest({ plan: { keyRate: { requests: 10 } } });

describe.each(["lease in memory", "after metering"])("%s", (path) => {
  /** A pipeline with one request on its way, whose frame geo holds and whose sync the disk holds. */
  async function oneUnderWay() {
    const pipeline = await pipelineForTest();
    const { geo, disk, lease, locateAll } = pipeline;
    if (path === "lease in memory") await lease(principal);
    geo.isHolding = true;
    disk.isHolding = true;
    const asker = new TestAsker();
    locateAll(["192.0.2.1", "192.0.2.2"], { principal, asker });
    await eventually(() => geo.frames.length === 1);
    return { ...pipeline, asker };
  }

  test("an answer waits until its usage is durable, and no longer", async () => {
    const { geo, disk, asker, usage } = await oneUnderWay();
    geo.answer();
    await eventually(() => disk.underWay === 1);
    await turns();
    expect([usage.length, asker.calls]).toEqual([1, 0]);
    disk.finishSync();
    expect(asker.outcomes).toHaveLength(1);
  });

  test("who has gone before the append is not charged, and its rate stays charged", async () => {
    const { geo, asker, usage, disk, unitsLeft, rateLeft } = await oneUnderWay();
    asker.isGone = true;
    geo.answer();
    expect(usage).toMatchObject([{ status: 499, units: 0, leaseNumber: 0n }]);
    expect(await unitsLeft(principal)).toBe(QUOTA_UNITS);
    expect(rateLeft(principal)).toBe(9);
    await eventually(() => disk.underWay === 1);
    disk.finishSync();
    expect(asker.errors).toMatchObject([{ reason: "CANCELLED" }]);
  });

  test("who goes after the append is billed, and answered", async () => {
    const { geo, asker, usage, disk, unitsLeft } = await oneUnderWay();
    geo.answer();
    asker.isGone = true;
    await eventually(() => disk.underWay === 1);
    disk.finishSync();
    expect(asker.outcomes).toHaveLength(1);
    expect(usage).toMatchObject([{ status: 200, units: 2, leaseNumber: 1n }]);
    expect(await unitsLeft(principal)).toBe(QUOTA_UNITS - 2);
  });

  test("what geo does not answer in time costs nothing, and its late answer changes nothing", async () => {
    const { clock, geo, asker, usage, disk, unitsLeft } = await oneUnderWay();
    const [late] = geo.underWay;
    clock.advance(TIMEOUT_MS);
    await eventually(() => disk.underWay === 1);
    disk.finishSync();
    geo.answer(late);
    await turns();
    expect(usage).toMatchObject([{ status: 503, units: 0 }]);
    expect(asker.errors).toMatchObject([{ reason: "UPSTREAM_UNAVAILABLE" }]);
    expect(asker.calls).toBe(1);
    expect(await unitsLeft(principal)).toBe(QUOTA_UNITS);
  });

  test("a full spool is a 503 that costs nothing", async () => {
    const { geo, asker, usage, mesh, unitsLeft } = await oneUnderWay();
    mesh.beforeAppend = () => {
      throw new AppError("USAGE_SPOOL_FULL");
    };
    geo.answer();
    expect(asker.errors).toMatchObject([{ kind: "unavailable", reason: "USAGE_SPOOL_FULL" }]);
    expect([usage, asker.calls]).toEqual([[], 1]);
    expect(await unitsLeft(principal)).toBe(QUOTA_UNITS);
  });

  test("an answer is withheld where its usage is lost after the append", async () => {
    const { geo, asker, disk, locate } = await oneUnderWay();
    geo.answer();
    await eventually(() => disk.underWay === 1);
    disk.finishSync(new Error("input/output error"));
    const broken = { kind: "unavailable", reason: "USAGE_SPOOL_BROKEN" };
    expect([asker.outcomes, asker.errors]).toMatchObject([[], [broken]]);
    geo.isHolding = false;
    await expect(locate("192.0.2.3").outcome).rejects.toMatchObject(broken);
  });
});

test("one answer that cannot be sent stops no other", async () => {
  const { geo, locate, lease, usage } = await pipelineForTest();
  await lease();
  const askers = ["192.0.2.1", "192.0.2.2", "192.0.2.3"].map((address) => locate(address));
  const [, failing] = askers;
  if (failing !== undefined) {
    failing.onCall = () => {
      throw new Error("the response cannot be written");
    };
  }
  await eventually(() => askers[0]?.calls === 1 && askers[2]?.calls === 1);
  expect(geo.frames).toHaveLength(1);
  expect(usage.map(({ status }) => status)).toEqual([200, 200, 200]);
});

test.each([
  ["the spool refuses usage", "USAGE_SPOOL_FULL"],
  ["geo is lost", "UPSTREAM_UNAVAILABLE"],
] as const)("one error that cannot be sent stops no other, when %s", async (why, reason) => {
  const { geo, locate, lease, mesh, lookups } = await pipelineForTest();
  await lease();
  geo.isHolding = true;
  const askers = ["192.0.2.1", "192.0.2.2"].map((address) => locate(address));
  const [failing, other] = askers;
  if (failing !== undefined) {
    failing.onCall = () => {
      throw new Error("the response cannot be written");
    };
  }
  await eventually(() => geo.frames.length === 1);
  if (why === "geo is lost") lookups.close();
  else {
    mesh.beforeAppend = () => {
      throw new AppError("USAGE_SPOOL_FULL");
    };
    geo.answer();
  }
  await expect(other?.outcome).rejects.toMatchObject({ reason });
});

test("an address that is none, or special, costs nothing; the others of its batch do", async () => {
  const { geo, locate, locateAll: locateMany, usage } = await pipelineForTest();
  geo.answerOf = (ipAddress, language) => {
    if (ipAddress === "nonsense") {
      const message = "ip_address must be an address";
      return { result: { case: "error", value: { ipAddress, code: "invalid", message } } };
    }
    if (ipAddress !== "10.0.0.1") return locateAll(ipAddress, language);
    return { result: { case: "location", value: { ipAddress, specialPurpose: "private" } } };
  };
  await expect(locate("nonsense").outcome).rejects.toMatchObject({
    reason: "INVALID_ARGUMENT",
    fields: [{ field: "ip_address", description: "must be an address" }],
  });
  await locate("10.0.0.1").outcome;
  const bytes = await locateMany(["nonsense", "1.1.1.1", "10.0.0.1", "2.2.2.2"]).bytes();
  const { results } = fromBinary(BatchGetLocationsResponseSchema, bytes);
  expect(results.map(({ result }) => result.value?.ipAddress)).toEqual([
    ...["nonsense", "1.1.1.1", "10.0.0.1", "2.2.2.2"],
  ]);
  expect(usage.map(({ operation, status, units }) => [operation, status, units])).toEqual([
    ["GetLocation", 400, 0],
    ["GetLocation", 200, 0],
    ["BatchGetLocations", 200, 2],
  ]);
});

test("a request that waits for units while others fill the room is refused, and costs nothing", async () => {
  const { geo, metering, locateAll: locateMany, unitsLeft, usage } = await pipelineForTest();
  geo.isHolding = true;
  const gate = Promise.withResolvers<void>();
  metering.gate = gate.promise;
  const thousand = Array.from({ length: 1_000 }, () => "192.0.2.1");
  const askers = Array.from({ length: 20 }, () => locateMany(thousand));
  gate.resolve();
  await eventually(() => geo.frames.length > 0);
  await turns();
  expect(askers.filter(({ calls }) => calls === 1)).toHaveLength(4);
  const [refused] = askers.filter(({ calls }) => calls === 1);
  await expect(refused?.outcome).rejects.toMatchObject({ reason: "RATE_LIMITED" });
  expect(usage).toEqual([]);
  expect(await unitsLeft()).toBe(QUOTA_UNITS - 16_000);
});
