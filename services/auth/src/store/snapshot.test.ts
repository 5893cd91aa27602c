import { startCuttableProxy } from "@geomesh/testing/cuttable-proxy";
import { eventually } from "@geomesh/testing/eventually";
import { startTestPostgres } from "@geomesh/testing/postgres";
import { expect, onTestFinished, test } from "vitest";
import { openAuthDatabase } from "../testing/open-auth-database.ts";
import { withSnapshot } from "./snapshot.ts";

test("a database connection lost in the middle of a snapshot ends it with an error, and the next one works", async () => {
  const postgres = await startTestPostgres();
  const proxy = await startCuttableProxy(await postgres.createDatabase());
  onTestFinished(() => proxy.close());
  const { db, close } = await openAuthDatabase(proxy.url);
  onTestFinished(close);

  const broken = withSnapshot(db, async (snapshot) => {
    expect(snapshot.revision).toBe(0n);
    proxy.cut();
    return Array.fromAsync(snapshot.changesAfter(0n));
  });
  await expect(broken).rejects.toThrow();

  proxy.mend();
  const read = () => withSnapshot(db, ({ changesAfter }) => Array.fromAsync(changesAfter(0n)));
  expect(await eventually(read)).toEqual([]);
});
