import { eventually } from "@geomesh/testing/eventually";
import { createTestClock } from "@geomesh/testing/test-clock";
import { expect, onTestFinished, test } from "vitest";
import type { Block } from "./block.ts";
import { EpochPublisher } from "./epoch-publisher.ts";
import { listSegments } from "./segment.ts";
import type { Spool } from "./spool.ts";
import { publisherForTest, usageMeshForTest } from "./testing/publisher.ts";
import {
  appendAll,
  appendOneByOne,
  dirForTest,
  spoolForTest,
  usage,
  usages,
} from "./testing/spool.ts";

/** The publisher of an epoch alone, with what it published. */
function epochForTest(spool: Spool) {
  const clock = createTestClock();
  const published: string[] = [];
  const publish = async (_event: unknown, _bytes: unknown, mark: unknown) => {
    const { firstSequence, lastSequence } = mark as Block;
    published.push(`${firstSequence}-${lastSequence}`);
    return { duplicate: false };
  };
  const epoch = new EpochPublisher({
    ...{ source: spool, evidence: spool.evidence, events: { publish }, clock },
    through: () => spool.durableSequence,
  });
  onTestFinished(() => epoch.close());
  return { clock, published, epoch, publishAll: () => epoch.publishAll(AbortSignal.any([])) };
}

test("when metering is restored, what is still here is sent again, and what was deleted is told as lost", async () => {
  const mesh = await usageMeshForTest();
  const spool = await spoolForTest(dirForTest(), { segmentBytes: 1_024 });
  await appendOneByOne(spool, usages(100));
  const { metrics } = publisherForTest(spool, mesh);
  await eventually(() => expect(mesh.metering.counted.get(1n)).toHaveLength(100));
  await eventually(() => expect(listSegments(spool.dir)).toHaveLength(1));
  const firstKept = listSegments(spool.dir)[0]?.firstSequence ?? 0;
  expect(firstKept).toBeGreaterThan(41);

  mesh.metering.restore(40n);
  await appendAll(spool, [usage(101)]);
  const expected = [...usages(101).keys()].map((i) => (i < 40 || i + 1 >= firstKept ? i + 1 : 0));
  await eventually(() => expect(mesh.metering.counted.get(1n)).toEqual(expected));
  const lost = metrics.registry.getSingleMetricAsString("gateway_usage_damaged_records");
  expect(await lost).toMatch(new RegExp(` ${firstKept - 41}$`, "m"));
});

test("a watermark that went back and moves on by itself makes nothing be sent again", async () => {
  const spool = await spoolForTest(dirForTest());
  await appendAll(spool, usages(100));
  const { clock, published, epoch, publishAll } = epochForTest(spool);
  await publishAll();
  epoch.committedThrough(100);
  for (let sequence = 40; sequence <= 100; sequence += 20) {
    clock.advance(4_900);
    epoch.committedThrough(sequence);
    await publishAll();
  }
  clock.advance(60_000);
  epoch.committedThrough(100);
  await publishAll();
  expect(published).toEqual(["1-100"]);
});

test("a watermark that went back and stays is sent again from there, with growing pauses", async () => {
  const spool = await spoolForTest(dirForTest());
  await appendAll(spool, usages(100));
  const { clock, published, epoch, publishAll } = epochForTest(spool);
  await publishAll();
  epoch.committedThrough(100);
  const sentAtSeconds: number[] = [];
  for (let second = 0; second < 60; second++) {
    epoch.committedThrough(40);
    const { length } = published;
    await publishAll();
    if (published.length > length) sentAtSeconds.push(second);
    clock.advance(1_000);
  }
  expect(published).toEqual(["1-100", "41-100", "41-100", "41-100"]);
  expect(sentAtSeconds).toEqual([6, 17, 38]);
  expect(epoch.uncommitted).toBe(60);
});
