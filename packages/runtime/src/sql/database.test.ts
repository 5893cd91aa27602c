import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { eventually } from "@geomesh/testing/eventually";
import { freePort } from "@geomesh/testing/free-port";
import { startTestPostgres } from "@geomesh/testing/postgres";
import { startPostgresServer } from "@geomesh/testing/postgres-server";
import { sql } from "kysely";
import { expect, onTestFinished, test } from "vitest";
import { pause } from "../async/pause.ts";
import { createLog } from "../log.ts";
import { type Database, type DatabaseOptions, openDatabase } from "./database.ts";
import { type CounterSchema, counterMigrations } from "./fixtures/counter.ts";

const log = createLog({ service: "test", level: "silent" });

async function open(url: string, more: Partial<DatabaseOptions> = {}) {
  const options = { url, migrations: counterMigrations, statementTimeoutMs: 5_000, log, ...more };
  const database = await openDatabase<CounterSchema>(options);
  onTestFinished(() => database.close());
  return database;
}

async function answers({ db }: Pick<Database<CounterSchema>, "db">): Promise<boolean> {
  return sql`select 1`.execute(db).then(
    () => true,
    () => false,
  );
}

async function ownServer() {
  const server = await startPostgresServer();
  onTestFinished(() => server.stop());
  return server;
}

async function anyDatabase(): Promise<string> {
  return (await startTestPostgres()).createDatabase();
}

test("64-bit integers keep every digit", async () => {
  const { db } = await open(await anyDatabase());
  await db.updateTable("counter").set({ value: 9007199254740993n }).execute();
  const rows = await db.selectFrom("counter").selectAll().execute();
  expect(rows).toEqual([{ value: 9007199254740993n }]);
});

test("a statement that takes too long is ended, and the connection serves the next one", async () => {
  const { db } = await open(await anyDatabase(), { poolMax: 1, statementTimeoutMs: 100 });
  await expect(sql`select pg_sleep(10)`.execute(db)).rejects.toMatchObject({
    ...{ reason: "DATABASE_UNAVAILABLE", retryAfterMs: 1_000 },
    cause: { message: expect.stringContaining("statement timeout") },
  });
  expect((await sql`select 1 as one`.execute(db)).rows).toEqual([{ one: 1 }]);
});

test("a pool whose connections are all taken tells callers to come again: at once those beyond 1,000, and the others after 10 s", async () => {
  const database = await open(await anyDatabase(), { poolMax: 1, statementTimeoutMs: 30_000 });
  const holder = sql`select pg_sleep(13)`.execute(database.db);
  const startMs = performance.now();
  const failures = Array.from({ length: 1_001 }, () =>
    sql`select 1`.execute(database.db).then(
      () => undefined,
      (error: unknown) => ({ error, ms: performance.now() - startMs }),
    ),
  );
  const refused = { reason: "DATABASE_UNAVAILABLE", retryAfterMs: 1_000 };
  expect(await failures.at(-1)).toMatchObject({ error: refused });
  for (const failure of await Promise.all(failures)) {
    expect(failure).toMatchObject({ error: refused });
  }
  expect((await failures[0])?.ms).toBeGreaterThan(9_000);
  expect((await failures.at(-1))?.ms).toBeLessThan(9_000);
  await holder;
  expect(await answers(database)).toBe(true);
}, 60_000);

test("a server that is killed under an open pool is found again, also by a transaction's successor", async () => {
  const server = await ownServer();
  const database = await open(await server.createDatabase());
  const { db } = database;
  const cut = db.transaction().execute(async (trx) => {
    await trx.updateTable("counter").set({ value: 7n }).execute();
    await server.kill();
    // A backend may outlive its killed server for a query or two.
    for (;;) await trx.selectFrom("counter").selectAll().execute();
  });
  await expect(cut).rejects.toThrow();
  expect(await answers(database)).toBe(false);
  await server.start();
  await eventually(async () => expect(await answers(database)).toBe(true));
  const all = Array.from({ length: 20 }, () => db.selectFrom("counter").selectAll().execute());
  expect(await Promise.all(all)).toEqual(all.map(() => [{ value: 1n }]));
});

test("a server that comes later is waited for", async () => {
  const server = await ownServer();
  const url = await server.createDatabase();
  await server.stop();
  const opening = open(url);
  await server.start();
  expect(await answers(await opening)).toBe(true);
});

test.each(["a port without a server", "a server that never answers"])(
  "a signal ends the wait for %s at once",
  async (where) => {
    const silent = createServer(() => {}).listen(0, "127.0.0.1");
    await once(silent, "listening");
    onTestFinished(() => void silent.close());
    const { port } = silent.address() as AddressInfo;
    const stopping = new AbortController();
    const { signal } = stopping;
    const isPort = where === "a port without a server";
    const url = `postgres://auth:hidden@127.0.0.1:${isPort ? await freePort() : port}/auth`;
    const opening = open(url, { signal });
    await pause(200, signal);
    const abortedAt = performance.now();
    stopping.abort(new Error("stopping"));
    await expect(opening).rejects.toThrow("stopping");
    expect(performance.now() - abortedAt).toBeLessThan(1_000);
  },
);

test("a server that does not come is told in one sentence within the bound", async () => {
  const url = `postgres://auth:hidden@localhost:${await freePort()}/auth`;
  const startedAt = performance.now();
  const nowhere = open(url, { connectTimeoutMs: 200 });
  await expect(nowhere).rejects.toThrow(/^the database does not answer: .*ECONNREFUSED/);
  expect(performance.now() - startedAt).toBeLessThan(2_000);
});

test.each([
  ["a wrong password", (url: URL) => Object.assign(url, { password: "wrong" }), "password"],
  ["no such database", (url: URL) => Object.assign(url, { pathname: "/none" }), "does not exist"],
])(
  "a server that refuses the connection is told at once, without the password: %s",
  async (_, spoil, why) => {
    const url = spoil(new URL(await anyDatabase()));
    const error = await open(url.href).catch((error) => error);
    expect(error).toMatchObject({ kind: "unavailable", reason: "DATABASE_UNAVAILABLE" });
    expect(error.message).toMatch(/^the database refuses the connection: /);
    expect(error.message).toContain(why);
    expect(error.message).not.toContain(url.password);
  },
);
