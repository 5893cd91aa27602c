import { startTestPostgres } from "@geomesh/testing/postgres";
import { sql } from "kysely";
import { expect, onTestFinished, test } from "vitest";
import { dumpDatabase, restoreDatabase } from "../testing/dump.ts";
import { openAuthDatabase } from "../testing/open-auth-database.ts";
import { readHead } from "./history.ts";

async function headOf(databaseUrl: string) {
  const { db, close } = await openAuthDatabase(databaseUrl);
  return readHead(db).finally(close);
}

test("a history has one id from connection to connection, and a new one after a restore of a dump", async () => {
  const databaseUrl = await (await startTestPostgres()).createDatabase();
  const before = await headOf(databaseUrl);
  expect(before).toEqual({ historyId: expect.stringMatching(/^[0-9a-f]{32}$/), revision: 0n });
  expect(await headOf(databaseUrl)).toEqual(before);
  await restoreDatabase(databaseUrl, await dumpDatabase(databaseUrl));
  const after = await headOf(databaseUrl);
  expect(after.revision).toBe(before.revision);
  expect(after.historyId).not.toBe(before.historyId);
});

test("two databases of one server are two histories", async () => {
  const postgres = await startTestPostgres();
  const [one, two] = [await postgres.createDatabase(), await postgres.createDatabase()];
  expect((await headOf(one)).historyId).not.toBe((await headOf(two)).historyId);
});

test("a role without rights beyond its own tables can read the id", async () => {
  const databaseUrl = await (await startTestPostgres()).createDatabase();
  const { db, close } = await openAuthDatabase(databaseUrl);
  onTestFinished(close);
  const ordinary = await db.transaction().execute(async (trx) => {
    await sql`CREATE ROLE ordinary_reader`.execute(trx);
    await sql`GRANT SELECT ON revision_counter TO ordinary_reader`.execute(trx);
    await sql`SET LOCAL ROLE ordinary_reader`.execute(trx);
    const head = await readHead(trx);
    await sql`RESET ROLE`.execute(trx);
    await sql`DROP OWNED BY ordinary_reader`.execute(trx);
    await sql`DROP ROLE ordinary_reader`.execute(trx);
    return head;
  });
  expect(ordinary).toEqual(await readHead(db));
});
