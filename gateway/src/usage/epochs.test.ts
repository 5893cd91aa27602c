import { readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { DRAFT_EXTENSION } from "@geomesh/runtime/files/replace-file";
import { expect, test } from "vitest";
import { beginEpoch, gatewayIdOf, listEpochs } from "./epochs.ts";
import { dirForTest, spoolForTest } from "./testing/spool.ts";
import { workerDir } from "./worker-dirs.ts";

test("epochs grow with each start, also after all their directories were deleted", async () => {
  const dir = dirForTest();
  const epochs: bigint[] = [];
  for (let start = 0; start < 4; start++) {
    const spool = await spoolForTest(dir);
    epochs.push(spool.epoch);
    await spool.close();
    if (start === 1)
      for (const epoch of listEpochs(workerDir(dir, 1))) rmSync(epoch.dir, { recursive: true });
  }
  expect(epochs).toEqual([1n, 2n, 3n, 4n]);
});

test("a lost counter does not bring back the number of an epoch that is still there", async () => {
  const dir = dirForTest();
  for (let start = 0; start < 12; start++) await beginEpoch(dir);
  rmSync(path.join(dir, "epoch-counter"));
  expect((await beginEpoch(dir)).epoch).toBe(13n);
});

test("epochs are listed by number, and nothing else is taken for one", async () => {
  const dir = dirForTest();
  for (let start = 0; start < 11; start++) await beginEpoch(dir);
  for (const name of ["epoch-", "epoch-1a", "my-epoch-3"]) writeFileSync(path.join(dir, name), "");
  const numbers = listEpochs(dir).map(({ epoch }) => Number(epoch));
  expect(numbers).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
});

test("a gateway keeps its id over starts, and another directory has another", async () => {
  const dir = dirForTest();
  const first = await spoolForTest(dir);
  expect(first.gatewayId).toMatch(/^gw_[0-9a-f]{20}$/);
  await first.close();
  expect((await spoolForTest(dir)).gatewayId).toBe(first.gatewayId);
  expect(await gatewayIdOf(dirForTest())).not.toBe(first.gatewayId);
});

test("what a crash left half written is neither read nor kept", async () => {
  const dir = dirForTest();
  const first = await spoolForTest(dir);
  await first.close();
  for (const name of ["epoch-counter", "gateway-id"]) {
    writeFileSync(path.join(workerDir(dir, 1), `${name}.0${DRAFT_EXTENSION}`), "9");
  }
  const second = await spoolForTest(dir);
  expect([second.gatewayId, second.epoch]).toEqual([first.gatewayId, 2n]);
  expect(readdirSync(workerDir(dir, 1)).filter((name) => name.endsWith(DRAFT_EXTENSION))).toEqual(
    [],
  );
});
