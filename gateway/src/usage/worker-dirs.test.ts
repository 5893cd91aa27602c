import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { eventually } from "@geomesh/testing/eventually";
import { expect, test } from "vitest";
import { epochKey } from "./testing/metering.ts";
import { publisherForTest, usageMeshForTest } from "./testing/publisher.ts";
import { appendAll, dirForTest, spoolForTest, usages } from "./testing/spool.ts";
import { leftOverWorkers, workerDir } from "./worker-dirs.ts";

/** Every file below a directory, with its content and its time of change. */
function snapshot(dir: string): string[] {
  return readdirSync(dir, { recursive: true, encoding: "utf8" })
    .sort()
    .map((name) => {
      const file = path.join(dir, name);
      const { mtimeMs } = statSync(file);
      const content = statSync(file).isFile() ? readFileSync(file).toString("base64") : "";
      return `${name} ${mtimeMs} ${content}`;
    });
}

test.each<[what: string, fill: (dir: string) => void, sentence: string]>([
  [
    "the first build wrote",
    (dir) => {
      writeFileSync(path.join(dir, "gateway-id"), "gw_0123\n");
      writeFileSync(path.join(dir, "epoch-counter"), "4\n");
      mkdirSync(path.join(dir, "epoch-4"));
      writeFileSync(path.join(dir, "epoch-4", "00000000000000000001.spool"), "records");
    },
    "a spool without a version",
  ],
  [
    "a later version wrote",
    (dir) => {
      writeFileSync(path.join(dir, "spool-version"), "2\n");
      mkdirSync(workerDir(dir, 1));
    },
    "version 2 of the spool",
  ],
  [
    "lost its version",
    (dir) => {
      mkdirSync(workerDir(dir, 3));
    },
    "a spool without a version",
  ],
])(
  "a directory that %s is refused with a sentence, and left exactly as it is",
  async (_, fill, sentence) => {
    const dir = dirForTest();
    fill(dir);
    const before = snapshot(dir);
    await expect(spoolForTest(dir)).rejects.toMatchObject({
      reason: "USAGE_SPOOL_UNWRITABLE",
      publicMessage: expect.stringContaining(
        `it holds ${sentence}, and this gateway knows version 1`,
      ),
    });
    expect(snapshot(dir)).toEqual(before);
  },
);

test("a directory with what others put there is used", async () => {
  const dir = dirForTest();
  mkdirSync(path.join(dir, "lost+found"));
  await (await spoolForTest(dir)).close();
  await spoolForTest(dir);
  expect(readdirSync(dir).sort()).toEqual(["lost+found", "spool-version", "worker-1"]);
});

test("workers of one directory have identities and epochs of their own, and start at the same time", async () => {
  const dir = dirForTest();
  const open = (worker: number) => spoolForTest(dir, { worker, workers: 3 });
  const spools = await Promise.all([1, 2, 3].map(open));
  expect(new Set(spools.map(({ gatewayId }) => gatewayId)).size).toBe(3);
  expect(spools.map(({ dir: epochDir }) => epochDir)).toEqual(
    [1, 2, 3].map((worker) => path.join(workerDir(dir, worker), "epoch-1")),
  );
  await expect(open(2)).rejects.toMatchObject({ reason: "DIRECTORY_IN_USE" });
});

test.each([1, 2, 3, 4])(
  "with %i workers, each spool that is left over has one worker",
  (workers) => {
    const dir = dirForTest();
    for (let worker = 1; worker <= 7; worker++) mkdirSync(workerDir(dir, worker));
    const taken = Array.from({ length: workers }, (_, i) =>
      leftOverWorkers(dir, { worker: i + 1, workers }),
    );
    const expected = [1, 2, 3, 4, 5, 6, 7].filter((worker) => worker > workers);
    expect(taken.flat().sort()).toEqual(expected);
  },
);

test("fewer workers publish what the others left, release its leases, and remove its directories", async () => {
  const mesh = await usageMeshForTest();
  const dir = dirForTest();
  const before = await Promise.all(
    [1, 2, 3, 4].map((worker) => spoolForTest(dir, { worker, workers: 4 })),
  );
  for (const [i, spool] of before.entries()) {
    await appendAll(spool, usages(10 * (i + 1)));
    await spool.close();
  }
  for (const worker of [1, 2]) {
    publisherForTest(await spoolForTest(dir, { worker, workers: 2 }), mesh);
  }
  await eventually(() => {
    for (const [i, spool] of before.entries()) {
      const numbers = usages(10 * (i + 1)).map((_, at) => at + 1);
      expect(mesh.metering.countedOf.get(epochKey(spool))).toEqual(numbers);
    }
  });
  await eventually(() =>
    expect(readdirSync(dir).sort()).toEqual(["spool-version", "worker-1", "worker-2"]),
  );
  const released = mesh.metering.released.map((each) => `${each.gatewayId} ${each.lastSequence}`);
  expect(released.sort()).toEqual(
    before.map(({ gatewayId }, i) => `${gatewayId} ${10 * (i + 1)}`).sort(),
  );
});

test("the spool of a worker that still runs is not taken over", async () => {
  const dir = dirForTest();
  await spoolForTest(dir, { worker: 2, workers: 2 });
  await expect(spoolForTest(dir, { worker: 1, workers: 1 })).rejects.toMatchObject({
    reason: "DIRECTORY_IN_USE",
  });
  expect(existsSync(workerDir(dir, 2))).toBe(true);
});

test("a worker that comes back after its spool was taken over is a new gateway", async () => {
  const dir = dirForTest();
  const first = await spoolForTest(dir, { worker: 2, workers: 2 });
  await first.close();
  const copy = dirForTest();
  cpSync(workerDir(dir, 2), copy, { recursive: true });
  const only = await spoolForTest(dir);
  for (const epoch of only.recoveredEpochs) await only.remove(epoch);
  expect(existsSync(workerDir(dir, 2))).toBe(false);
  const again = await spoolForTest(dir, { worker: 2, workers: 2 });
  expect(again.gatewayId).not.toBe(readFileSync(path.join(copy, "gateway-id"), "utf8").trim());
});
