import { createLog } from "@geomesh/runtime/log";
import { postgresSessionForTest } from "@geomesh/testing/postgres-session";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { ALL_ACCOUNTS, AS_IT_IS, createTestAccount, createTestKey } from "../testing/records.ts";
import { startTestAuth, startTestMesh, type TestMesh } from "../testing/start-test-auth.ts";
import { makeTwoRoles, type TwoRoles } from "../testing/two-roles.ts";

let mesh: TestMesh;
let roles: TwoRoles;
beforeAll(async () => {
  mesh = await startTestMesh();
  roles = await makeTwoRoles(mesh.databaseUrl);
});
afterAll(() => mesh.close());

async function startWith(urls: { databaseUrl: string; ownerDatabaseUrl: string }) {
  const lines: string[] = [];
  const log = createLog({ service: "auth", destination: { write: (line) => lines.push(line) } });
  const auth = await startTestAuth(mesh, urls, { log });
  onTestFinished(() => auth.close());
  const said = lines.filter((line) => line.includes("could alter the audit log"));
  return { auth, said: said.map((line) => JSON.parse(line).level) };
}

const startSealed = () =>
  startWith({ databaseUrl: roles.serviceUrl, ownerDatabaseUrl: roles.ownerUrl });

test("with an owner of its own tables auth does all its work by a role that may only add to the audit log", async () => {
  const { auth, said } = await startSealed();
  expect(said).toEqual([]);
  const accountId = await createTestAccount(auth);
  const { key } = await createTestKey(auth, accountId);
  await auth.client.revokeKey({ ...AS_IT_IS, accountId, keyId: key.keyId });
  const session = await postgresSessionForTest(roles.serviceUrl);
  const { rows } = await session.run("SELECT action FROM audit_events");
  expect(rows.map(({ action }) => action)).toContain("RevokeKey");

  // PostgreSQL grants nothing then, and warns.
  await session.run("GRANT ALL ON audit_events TO CURRENT_USER");
  const denied = /permission denied|must be owner|must be able to SET ROLE/;
  for (const statement of [
    "UPDATE audit_events SET action = 'x'",
    "UPDATE audit_events SET action = action WHERE false",
    "DELETE FROM audit_events",
    "TRUNCATE audit_events",
    "TRUNCATE audit_events CASCADE",
    "DROP TABLE audit_events",
    "ALTER TABLE audit_events DISABLE TRIGGER ALL",
    "ALTER TABLE audit_events RENAME TO others",
    "ALTER TABLE audit_events ADD COLUMN more text",
    "ALTER TABLE audit_events OWNER TO CURRENT_USER",
    "CREATE TRIGGER t BEFORE INSERT ON audit_events EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "CREATE RULE r AS ON INSERT TO audit_events DO INSTEAD NOTHING",
    "SELECT * FROM audit_events FOR UPDATE",
    "CREATE TABLE audit_events_2 (a text)",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "SET session_replication_role = replica",
    `SET ROLE "${new URL(roles.ownerUrl).username}"`,
    "DROP SCHEMA public CASCADE",
  ]) {
    await expect(session.run(statement), statement).rejects.toThrow(denied);
  }
  const after = await session.run("SELECT action FROM audit_events");
  expect(after.rows).toEqual(rows);
});

test("a second start grants the same again, also while another auth works", async () => {
  const { auth } = await startSealed();
  await Promise.all([startSealed(), startSealed()]);
  expect(await auth.client.listAccounts(ALL_ACCOUNTS)).toBeDefined();
});

test("a role that could alter the audit log is told once, more loudly where another was meant to own it", async () => {
  const one = await startWith({ databaseUrl: roles.ownerUrl, ownerDatabaseUrl: "" });
  expect(one.said).toEqual([30]);
  const two = await startWith({ databaseUrl: mesh.databaseUrl, ownerDatabaseUrl: roles.ownerUrl });
  expect(two.said).toEqual([40]);
});

test("an owner that is the same role is refused by the name of the setting", async () => {
  const starting = startWith({ databaseUrl: roles.ownerUrl, ownerDatabaseUrl: roles.ownerUrl });
  await expect(starting).rejects.toMatchObject({
    reason: "SETTING_INVALID",
    publicMessage: expect.stringContaining("AUTH_OWNER_DATABASE_URL"),
  });
});
