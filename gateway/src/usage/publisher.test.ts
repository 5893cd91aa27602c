import { existsSync } from "node:fs";
import { pause } from "@geomesh/runtime/async/pause";
import { BLOCK_BYTES_MAX } from "@geomesh/terms/limits";
import { eventually } from "@geomesh/testing/eventually";
import { busForTest } from "@geomesh/testing/test-bus";
import { expect, test, vi } from "vitest";
import { listSegments } from "./segment.ts";
import { epochKey } from "./testing/metering.ts";
import { publisherForTest, usageMeshForTest } from "./testing/publisher.ts";
import {
  appendAll,
  appendOneByOne,
  dirForTest,
  spoolForTest,
  usage,
  usages,
} from "./testing/spool.ts";
import { appendAndWait } from "./testing/when-durable.ts";

/** The process that opened the epoch is gone. */
const NO_NONCE = Buffer.alloc(0);

const UNCOMMITTED = "gateway_usage_uncommitted_records";

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

test("every record is counted once and in order, although NATS is killed three times", async () => {
  const mesh = await usageMeshForTest();
  const spool = await spoolForTest(dirForTest());
  publisherForTest(spool, mesh);
  for (let number = 1; number <= 3_000; number++) {
    await appendAndWait(spool, usage(number)).durable;
    if (number % 1_000 === 500) await mesh.nats.kill();
    if (number % 1_000 === 999) await mesh.nats.start();
  }
  await eventually(() => expect(mesh.metering.counted.get(1n)).toHaveLength(3_000), {
    deadlineMs: 15_000,
  });
  expect(mesh.metering.counted.get(1n)).toEqual(upTo(3_000));
});

test("a block that is sent again has the same bytes and the same id", async () => {
  const mesh = await usageMeshForTest();
  const dir = dirForTest();
  const first = await spoolForTest(dir, { segmentBytes: 4 * 1024 * 1024 });
  const last = 17_000;
  for (let at = 0; at < last; at += 1_000) {
    await appendAll(first, usages(last).slice(at, at + 1_000));
  }
  await publisherForTest(first, mesh).close();
  await first.close();
  mesh.metering.isForgetting = true;
  await mesh.nats.kill();
  await mesh.nats.start({ empty: true });

  publisherForTest(await spoolForTest(dir), mesh);
  await eventually(() => expect(mesh.metering.bytesById.size).toBeGreaterThanOrEqual(3));
  const bytesById = [...mesh.metering.bytesById];
  let next = 1;
  for (const [id, [bytes = ""]] of bytesById) {
    const [, from, to] = new RegExp(`^${first.gatewayId}\\.1\\.(\\d+)-(\\d+)$`).exec(id) ?? [];
    expect(Number(from)).toBe(next);
    expect(Buffer.from(bytes, "base64").length).toBeLessThanOrEqual(BLOCK_BYTES_MAX);
    next = Number(to) + 1;
  }
  expect(next).toBe(last + 1);
  expect(bytesById.filter(([, bytes]) => bytes.size > 1)).toEqual([]);
});

test("only segments behind the watermark are deleted", async () => {
  const mesh = await usageMeshForTest();
  mesh.metering.toldMax = 40n;
  const spool = await spoolForTest(dirForTest(), { segmentBytes: 1_024 });
  await appendOneByOne(spool, usages(100));
  const segments = listSegments(spool.dir);
  publisherForTest(spool, mesh);
  await eventually(() => expect(mesh.metering.counted.get(1n)).toHaveLength(100));
  const { told } = mesh.metering;
  await eventually(() => expect(mesh.metering.told).toBeGreaterThan(told + 1));
  const needed = segments.filter((_, i) => (segments[i + 1]?.firstSequence ?? 101) > 41);
  expect(needed.length).toBeLessThan(segments.length);
  expect(listSegments(spool.dir)).toEqual(needed);
});

test("an epoch of an earlier start is counted, its leases are released, and it is deleted", async () => {
  const mesh = await usageMeshForTest();
  const dir = dirForTest();
  const first = await spoolForTest(dir, { segmentBytes: 4_096 });
  await appendOneByOne(first, usages(600));
  await first.close();
  const second = await spoolForTest(dir);
  publisherForTest(second, mesh);
  await appendAll(second, usages(10));
  await eventually(() => expect(existsSync(first.dir)).toBe(false));
  expect(mesh.metering.counted.get(1n)).toEqual(upTo(600));
  expect(mesh.metering.released).toEqual([
    { gatewayId: first.gatewayId, epoch: 1n, leaseNumber: 0n, lastSequence: 600n, nonce: NO_NONCE },
  ]);
  await eventually(() => expect(mesh.metering.counted.get(2n)).toEqual(upTo(10)));
  expect(existsSync(second.dir)).toBe(true);
});

test("before its epoch is open it publishes nothing, closes no epoch and deletes nothing", async () => {
  const mesh = await usageMeshForTest();
  const dir = dirForTest();
  const first = await spoolForTest(dir);
  await appendOneByOne(first, usages(3));
  await publisherForTest(first, mesh).close();
  await first.close();
  await eventually(() => expect(mesh.metering.counted.get(1n)).toEqual(upTo(3)));
  mesh.metering.isForgetting = true;
  const second = await spoolForTest(dir);
  const { promise, resolve } = Promise.withResolvers<void>();
  const published = vi.spyOn(mesh.bus, "publish");
  const { metrics, close } = publisherForTest(second, mesh, promise);
  await appendAll(second, usages(10));
  // Another gateway, which asks for its watermarks in the same time.
  const other = await spoolForTest(dirForTest());
  const otherBus = await busForTest(mesh.nats.url);
  publisherForTest(other, { ...mesh, bus: otherBus });
  await appendAll(other, usages(1));
  const { told } = mesh.metering;
  await eventually(() => expect(mesh.metering.told).toBeGreaterThan(told + 2));
  expect(await metrics.registry.getSingleMetricAsString(UNCOMMITTED)).toMatch(/ 13$/m);
  await close();
  expect([published.mock.calls, mesh.metering.released]).toEqual([[], []]);
  expect(existsSync(first.dir)).toBe(true);

  mesh.metering.isForgetting = false;
  publisherForTest(second, mesh, promise);
  resolve();
  await eventually(() => expect(existsSync(first.dir)).toBe(false));
  await eventually(() => expect(mesh.metering.countedOf.get(epochKey(second))).toEqual(upTo(10)));
});

test("records that NATS stored and lost before they were counted are sent again", async () => {
  const mesh = await usageMeshForTest();
  mesh.metering.isForgetting = true;
  const spool = await spoolForTest(dirForTest());
  publisherForTest(spool, mesh);
  await appendAll(spool, usages(700));
  await eventually(() => expect(mesh.metering.bytesById.size).toBeGreaterThan(0));
  await mesh.nats.kill();
  await mesh.nats.start({ empty: true });
  mesh.metering.isForgetting = false;
  await eventually(() => expect(mesh.metering.counted.get(1n)).toEqual(upTo(700)), {
    deadlineMs: 15_000,
  });
});

test("closing publishes records that still wait for their block", async () => {
  const mesh = await usageMeshForTest();
  const spool = await spoolForTest(dirForTest());
  const publisher = publisherForTest(spool, mesh);
  await appendAll(spool, usages(1));
  await publisher.close();
  await eventually(() => expect(mesh.metering.counted.get(1n)).toEqual([1]));
});

test("the number of records that metering has not committed is a metric", async () => {
  const mesh = await usageMeshForTest();
  mesh.metering.toldMax = 40n;
  const spool = await spoolForTest(dirForTest());
  const { metrics } = publisherForTest(spool, mesh);
  await appendAll(spool, usages(100));
  const value = () => metrics.registry.getSingleMetricAsString(UNCOMMITTED);
  expect(await value()).toMatch(/ 100$/m);
  await eventually(async () => expect(await value()).toMatch(/ 60$/m));
});

test("it publishes for 3 s at most once it closes, also where it was in the midst of it", async () => {
  const mesh = await usageMeshForTest();
  const dir = dirForTest();
  const starts = 20;
  for (let start = 0; start < starts; start++) {
    const spool = await spoolForTest(dir);
    await appendAll(spool, usages(1));
    await spool.close();
  }
  const begun = Promise.withResolvers<void>();
  let published = 0;
  const publish = async () => {
    begun.resolve();
    await pause(500, AbortSignal.any([]));
    published += 1;
    return { duplicate: false };
  };
  const { close } = publisherForTest(await spoolForTest(dir), { ...mesh, bus: { publish } });
  await begun.promise;
  await close();
  expect(published).toBeGreaterThan(0);
  expect(published).toBeLessThan(starts);
});
