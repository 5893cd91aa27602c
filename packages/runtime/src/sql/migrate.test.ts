import { execFile } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startTestPostgres } from "@geomesh/testing/postgres";
import { type Kysely, sql } from "kysely";
import { expect, test } from "vitest";
import { createLog } from "../log.ts";
import { openDatabase } from "./database.ts";
import { type CounterSchema, counterMigrations } from "./fixtures/counter.ts";
import type { Migrations } from "./migrate.ts";

const log = createLog({ service: "test", level: "silent" });
const postgres = await startTestPostgres();

const open = (url: string, more: Migrations = {}, statementTimeoutMs = 5_000) =>
  openDatabase<CounterSchema>({
    url,
    migrations: { ...counterMigrations, ...more },
    statementTimeoutMs,
    log,
  });

async function countIn(url: string): Promise<bigint[]> {
  const { db, close } = await open(url);
  const rows = await db.selectFrom("counter").selectAll().execute();
  await close();
  return rows.map(({ value }) => value);
}

test("processes that start at once apply each migration once", async () => {
  const url = await postgres.createDatabase();
  const program = fileURLToPath(new URL("fixtures/open-counter.ts", import.meta.url));
  const start = () => promisify(execFile)(process.execPath, [program, url]);
  await Promise.all([start(), start(), start()]);
  expect(await countIn(url)).toEqual([1n]);
});

test("a migration may take longer than a statement, and whoever starts meanwhile waits for it", async () => {
  const url = await postgres.createDatabase();
  const slow: Migrations = {
    "0003-slow": {
      up: async (db: Kysely<CounterSchema>) => {
        await sql`select pg_sleep(0.5)`.execute(db);
        await sql`update counter set value = value + 1`.execute(db);
      },
    },
  };
  const opened = await Promise.all([open(url, slow, 100), open(url, slow, 100)]);
  for (const { db, close } of opened) {
    expect(await db.selectFrom("counter").selectAll().execute()).toEqual([{ value: 2n }]);
    await close();
  }
});

test("a migration that fails leaves nothing of itself behind", async () => {
  const url = await postgres.createDatabase();
  const bad: Migrations = {
    "0003-bad": {
      async up(db: Kysely<CounterSchema>) {
        await sql`update counter set value = 100`.execute(db);
        throw new Error("half way");
      },
    },
  };
  await expect(open(url, bad)).rejects.toThrow("half way");
  expect(await countIn(url)).toEqual([1n]);
});

test("a database with newer migrations than this code knows is not touched", async () => {
  const url = await postgres.createDatabase();
  const { close } = await open(url, { "0003-newer": { up: async () => {} } });
  await close();
  await expect(open(url)).rejects.toThrow("0003-newer");
});
