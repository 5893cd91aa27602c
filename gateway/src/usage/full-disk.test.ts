import { cpSync, existsSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { eventually } from "@geomesh/testing/eventually";
import { expect, test } from "vitest";
import { fillReserve, withReserve } from "./reserve.ts";
import { TestDisk } from "./testing/disk.ts";
import { publisherForTest, usageMeshForTest } from "./testing/publisher.ts";
import {
  appendAll,
  appendWhenThereIsRoom,
  dirForTest,
  spoolForTest,
  spoolOf,
  usage,
  usages,
} from "./testing/spool.ts";
import { appendAndWait } from "./testing/when-durable.ts";

const errorOf = (code: string) => Object.assign(new Error(code), { code });
const full = expect.objectContaining({ kind: "unavailable", reason: "USAGE_SPOOL_FULL" });
const reserveBytes = (dir: string) => statSync(path.join(dir, "reserve")).size;

test("a spool whose disk has no room for a segment opens, sends its backlog, and takes records once there is room", async () => {
  const mesh = await usageMeshForTest();
  const dir = dirForTest();
  const before = await spoolForTest(dir);
  await appendAll(before, usages(5));
  await before.close();

  const disk = new TestDisk();
  disk.createError = errorOf("ENOSPC");
  const spool = await spoolForTest(dir, {}, { disk });
  expect(spool.problems()).toMatchObject([{ reason: "spool_full" }]);
  expect(() => appendAndWait(spool, usage(1))).toThrow(full);
  publisherForTest(spool, mesh);
  await eventually(() => expect(mesh.metering.counted.get(1n)).toEqual([1, 2, 3, 4, 5]));
  await eventually(() => expect(existsSync(before.dir)).toBe(false));
  expect(() => appendAndWait(spool, usage(1))).toThrow(full);

  disk.createError = undefined;
  const { sequence, durable } = await appendWhenThereIsRoom(spool, usage(9));
  await durable;
  expect([sequence, spool.problems()]).toEqual([1, []]);
  await eventually(() => expect(mesh.metering.counted.get(2n)).toEqual([9]));
});

test("what a start needs of a full disk comes from a reserve, bit by bit", async () => {
  const dir = dirForTest();
  fillReserve(dir);
  const bytes = reserveBytes(dir);
  let tries = 0;
  const needing = (freeBytes: number) => async () => {
    tries += 1;
    if (bytes - reserveBytes(dir) < freeBytes) throw errorOf("ENOSPC");
    return "begun";
  };
  expect(await withReserve(dir, needing(40_000))).toBe("begun");
  expect([tries, bytes - reserveBytes(dir)]).toEqual([3, 65_536]);
  await expect(withReserve(dir, needing(bytes + 1))).rejects.toThrow("ENOSPC");
  expect(reserveBytes(dir)).toBe(0);
  fillReserve(dir);
  expect(reserveBytes(dir)).toBe(bytes);
});

test("an error other than a full disk leaves the reserve as it is", async () => {
  const dir = dirForTest();
  fillReserve(dir);
  const bytes = reserveBytes(dir);
  await expect(withReserve(dir, () => Promise.reject(errorOf("EIO")))).rejects.toThrow("EIO");
  expect(reserveBytes(dir)).toBe(bytes);
});

test("a start deletes the spare of a start that crashed, and one without records has no segment", async () => {
  const dir = dirForTest();
  const crashed = await spoolOf(dir);
  await appendAll(crashed, usages(3));
  await eventually(() => expect(readdirSync(crashed.dir)).toContain("spare"));
  const copy = dirForTest();
  cpSync(dir, copy, { recursive: true });
  await crashed.close();
  const next = await spoolForTest(copy);
  const [{ dir: left = "" } = {}] = next.recoveredEpochs;
  expect(readdirSync(left)).toEqual(["00000000000000000001.spool"]);
  expect(readdirSync(next.dir)).toEqual(["spare"]);
});
