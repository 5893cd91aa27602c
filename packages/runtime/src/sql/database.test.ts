import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";
import { afterAll, expect, test } from "vitest";
import { createLog } from "../log.ts";
import { eventually } from "../testing/eventually.ts";
import { startTestPostgres } from "../testing/postgres.ts";
import { startPostgresServer } from "../testing/postgres-server.ts";
import { openDatabase } from "./database.ts";

interface Schema {
  counter: { value: bigint };
}

const log = createLog({ service: "test", level: "silent" });
const postgres = await startTestPostgres();
afterAll(() => postgres.stop());

const migrations: Record<string, Migration> = {
  "0001-counter": {
    async up(db: Kysely<Schema>) {
      await db.schema.createTable("counter").addColumn("value", "bigint").execute();
      await db.insertInto("counter").values({ value: 0n }).execute();
    },
  },
  "0002-count": {
    up: async (db: Kysely<Schema>) => {
      await sql`update counter set value = value + 1`.execute(db);
    },
  },
};

const open = (url: string, more: Record<string, Migration> = {}) =>
  openDatabase<Schema>({
    url,
    migrations: { ...migrations, ...more },
    statementTimeoutMs: 5_000,
    log,
  });

test("processes that start at once apply each migration once", async () => {
  const url = await postgres.createDatabase();
  const opened = await Promise.all([open(url), open(url), open(url)]);
  const rows = await opened[0]?.db.selectFrom("counter").selectAll().execute();
  expect(rows).toEqual([{ value: 1n }]);
  await Promise.all(opened.map(({ close }) => close()));
});

test("a migration that fails leaves nothing of itself behind", async () => {
  const url = await postgres.createDatabase();
  const bad: Migration = {
    async up(db: Kysely<Schema>) {
      await sql`update counter set value = 100`.execute(db);
      throw new Error("half way");
    },
  };
  await expect(open(url, { "0003-bad": bad })).rejects.toThrow("half way");
  const { db, close } = await open(url);
  expect(await db.selectFrom("counter").selectAll().execute()).toEqual([{ value: 1n }]);
  await close();
});

test("64-bit integers keep every digit", async () => {
  const { db, close } = await open(await postgres.createDatabase());
  await db.updateTable("counter").set({ value: 9007199254740993n }).execute();
  expect(await db.selectFrom("counter").selectAll().execute()).toEqual([
    { value: 9007199254740993n },
  ]);
  await close();
});

test("an open database finds its server again after a restart", async () => {
  const own = await startPostgresServer();
  const { db, healthy, close } = await open(await own.createDatabase());
  await own.kill();
  expect(await healthy()).toBe(false);
  await own.start();
  await eventually(async () => expect(await healthy()).toBe(true));
  expect(await db.selectFrom("counter").selectAll().execute()).toEqual([{ value: 1n }]);
  await close();
  await own.stop();
});

test("a server that is not there is told in one sentence within the bound", async () => {
  const nowhere = openDatabase({
    url: "postgres://nobody@127.0.0.1:1/none",
    migrations: {},
    statementTimeoutMs: 1_000,
    connectTimeoutMs: 200,
    log,
  });
  await expect(nowhere).rejects.toMatchObject({ reason: "DATABASE_UNAVAILABLE" });
});
