import { eventually } from "@geomesh/testing/eventually";
import { startTestPostgres } from "@geomesh/testing/postgres";
import { expect, onTestFinished, test } from "vitest";
import { startCuttableProxy } from "../testing/cuttable-proxy.ts";
import { openAuthDatabase } from "../testing/open-auth-database.ts";
import { readSnapshot, type Snapshot } from "./snapshot.ts";

async function* revisionThenChanges({ revision, changes }: Snapshot) {
  yield revision;
  yield* changes;
}

test("a database connection lost between two pages ends that snapshot with an error, and the next one works", async () => {
  const postgres = await startTestPostgres();
  const proxy = await startCuttableProxy(await postgres.createDatabase());
  onTestFinished(() => proxy.close());
  const { db, close } = await openAuthDatabase(proxy.url);
  onTestFinished(close);

  const snapshot = readSnapshot(db, 0n, revisionThenChanges);
  expect(await snapshot.next()).toEqual({ value: 0n, done: false });
  proxy.cut();
  await expect(snapshot.next()).rejects.toThrow();

  proxy.mend();
  const read = () => Array.fromAsync(readSnapshot(db, 0n, revisionThenChanges));
  expect(await eventually(read)).toEqual([0n]);
});
