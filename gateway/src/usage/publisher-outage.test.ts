import { existsSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { EventBus } from "@geomesh/runtime/events/bus";
import { eventually } from "@geomesh/testing/eventually";
import { expect, test } from "vitest";
import { listSegments, segmentPath } from "./segment.ts";
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

/** The bus, with the number of publications that were under way at once. */
function watched(bus: EventBus) {
  const seen = { underWay: 0, underWayMax: 0, failed: 0 };
  const publish: EventBus["publish"] = async (...args) => {
    seen.underWay += 1;
    seen.underWayMax = Math.max(seen.underWayMax, seen.underWay);
    try {
      return await bus.publish(...args);
    } catch (error) {
      seen.failed += 1;
      throw error;
    } finally {
      seen.underWay -= 1;
    }
  };
  return { seen, publish };
}

test("committed records are skipped, also when NATS is unavailable at the start", async () => {
  const mesh = await usageMeshForTest();
  const dir = dirForTest();
  const first = await spoolForTest(dir, { segmentBytes: 4_096 });
  await appendOneByOne(first, usages(600));
  await publisherForTest(first, mesh).close();
  await eventually(() => expect(mesh.metering.counted.get(1n)).toHaveLength(600));
  await appendOneByOne(first, usages(1_200).slice(600));
  await first.close();
  await mesh.nats.kill();

  const second = await spoolForTest(dir);
  const bus = watched(mesh.bus);
  publisherForTest(second, { ...mesh, bus });
  await eventually(() => expect(listSegments(first.dir)[0]?.firstSequence).toBeGreaterThan(500));
  await eventually(() => expect(bus.seen.failed).toBeGreaterThan(0));
  await appendAll(second, usages(5));
  await mesh.nats.start();
  await eventually(
    () => expect(mesh.metering.counted.get(1n)).toEqual(usages(1_200).map((_, i) => i + 1)),
    { deadlineMs: 10_000 },
  );
  await eventually(() => expect(mesh.metering.counted.get(2n)).toEqual([1, 2, 3, 4, 5]));
});

test("closing without NATS tries once more and keeps the records", async () => {
  const mesh = await usageMeshForTest();
  await mesh.nats.kill();
  const dir = dirForTest();
  const spool = await spoolForTest(dir);
  const bus = watched(mesh.bus);
  const publisher = publisherForTest(spool, { ...mesh, bus });
  await appendAll(spool, usages(600));
  await eventually(() => expect(bus.seen.underWay).toBe(1));
  await publisher.close();
  expect(bus.seen).toEqual({ underWay: 0, underWayMax: 1, failed: 2 });
  await spool.close();
  expect((await spoolForTest(dir)).recoveredEpochs[0]?.lastSequence).toBe(600);
});

test("under a steady load records travel in blocks, not one by one", async () => {
  const mesh = await usageMeshForTest();
  const spool = await spoolForTest(dirForTest(), { fsync: true });
  publisherForTest(spool, mesh);
  const startedAt = performance.now();
  for (let number = 1; number <= 2_000; number++) await appendAndWait(spool, usage(number)).durable;
  await eventually(() => expect(mesh.metering.counted.get(1n)).toHaveLength(2_000));
  const sealMsMin = 95;
  const blocksMax = (performance.now() - startedAt) / sealMsMin + 1;
  expect(mesh.metering.bytesById.size).toBeLessThanOrEqual(blocksMax);
});

test("a damaged old epoch does not delay the usage of this one, and is reported as lost", async () => {
  const mesh = await usageMeshForTest();
  const dir = dirForTest();
  const first = await spoolForTest(dir);
  await appendAll(first, usages(3));
  await first.close();
  const second = await spoolForTest(dir);
  writeFileSync(segmentPath(first.dir, 1), Buffer.alloc(512, 0xff));
  const { metrics } = publisherForTest(second, mesh);
  await appendAll(second, usages(5));
  await eventually(() => expect(mesh.metering.counted.get(2n)).toEqual([1, 2, 3, 4, 5]));
  await eventually(() => expect(mesh.metering.counted.get(1n)).toEqual([0, 0, 0]));
  await eventually(() => expect(existsSync(first.dir)).toBe(false));
  const metric = (name: string) => metrics.registry.getSingleMetricAsString(name);
  expect(await metric("gateway_usage_damaged_records")).toMatch(/ 3$/m);
  expect(await metric("gateway_usage_damaged_bytes")).toMatch(/ 512$/m);
  expect(readdirSync(path.join(dir, "damaged"))).toHaveLength(1);
});
