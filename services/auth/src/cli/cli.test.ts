import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { apiKeyHash } from "@geomesh/terms/api-key";
import { startTestPostgres } from "@geomesh/testing/postgres";
import { afterAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { newestByRecord, readAll } from "../testing/follower.ts";
import { ACCOUNT, createTestAccount, createTestKey } from "../testing/records.ts";
import { startTestAuth, startTestMesh, type TestMesh } from "../testing/start-test-auth.ts";
import { makeTwoRoles } from "../testing/two-roles.ts";
import { isCommand, runCommand } from "./cli.ts";

const directory = mkdtempSync(join(tmpdir(), "auth-cli-"));
afterAll(() => rmSync(directory, { recursive: true }));

let mesh: TestMesh;
beforeEach(async () => {
  mesh = await startTestMesh();
  onTestFinished(() => mesh.close());
});

async function startAuth(urls: { databaseUrl: string; ownerDatabaseUrl?: string }) {
  const auth = await startTestAuth(mesh, urls);
  onTestFinished(() => auth.close());
  return auth;
}

async function run(argv: readonly string[], env: Readonly<Record<string, string>>) {
  const said = { out: "", problems: "" };
  const status = await runCommand(argv, {
    env,
    write: (text) => (said.out += text),
    complain: (text) => (said.problems += text),
  });
  return { status, ...said };
}

function fileOf(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

const hashOf = (secret: string) => apiKeyHash(secret).toString("hex");

async function keysOf(auth: Parameters<typeof readAll>[0]) {
  const { changes } = await readAll(auth);
  return changes.flatMap(({ record }) => (record?.$case === "key" ? [record.value] : []));
}

test("keys from elsewhere come in by their hashes, all of a file or none, and the same file again changes nothing", async () => {
  const auth = await startAuth(mesh);
  const accountId = await createTestAccount(auth);
  await auth.client.createAccount({ account: { ...ACCOUNT, externalId: "C-7" } });
  const env = { AUTH_DATABASE_URL: mesh.databaseUrl };
  const header = "account_id,account_external_id,name,scopes,expire_time,key_sha256,display_prefix";
  const lines = [
    `${accountId},,"Web, site",locations:read usage:read,2100-01-01T00:00:00Z,${hashOf("one")},sk-on`,
    `,C-7,Other,,,${hashOf("two")},`,
  ];
  const good = fileOf("good.csv", [header, ...lines, ""].join("\r\n"));
  const wrong = fileOf(
    "wrong.csv",
    [
      header,
      ...lines,
      `${accountId},,Name,root,,${hashOf("three")},`,
      `${accountId},C-7,Name,,,${hashOf("four")},`,
      `acct_none,,Name,,,${hashOf("five")},`,
      `${accountId},,Name,,2020-01-01T00:00:00Z,${hashOf("six")},`,
      `${accountId},,"Two\nlines",,,${hashOf("seven")},`,
      `${accountId},,Name,,,abc,`,
      `,C-A\u0308,Name,,,${hashOf("eight")},`,
    ].join("\n"),
  );
  const misread = fileOf(
    "misread.csv",
    [
      "account_id,key_sha256,expire_time,name",
      `${accountId},${hashOf("one")},,Acme, Inc`,
      `${accountId}\0,${hashOf("two")},,Acme`,
      `${accountId},${hashOf("three")},2100-02-30T00:00:00Z,Acme`,
      `${accountId},${hashOf("four")},2100-02-01T24:00:00Z,Acme`,
      `${accountId},${hashOf("five")},9999-12-31T23:59:59-01:00,Acme`,
      `${accountId},${hashOf("six")},2100-02-28T00:00:00.5+01:00,${"\u{1f600}".repeat(200)}`,
      `${accountId},${hashOf("seven")},,\u200b`,
    ].join("\n"),
  );
  expect((await run(["import", misread], env)).problems).toBe(
    [
      "line 2: has more cells than the first line; a comma in a cell needs quotes",
      "line 3: account_id must have no control characters",
      "line 4: expire_time must be a time of RFC 3339",
      "line 5: expire_time must be a time of RFC 3339",
      "line 6: expire_time must be in the years 1970 to 9999",
      "line 8: name must have a visible character",
      "",
    ].join("\n"),
  );
  const failed = await run(["import", wrong], env);
  expect(failed).toMatchObject({ status: 1, out: "0 keys added, 0 known already\n" });
  expect(failed.problems.split("\n").map((each) => each.split(":")[0])).toEqual([
    ...["line 4", "line 5", "line 6", "line 7", "line 8", "line 10", "line 11", ""],
  ]);
  expect(await keysOf(auth)).toEqual([]);

  const done = { status: 0, problems: "", out: "2 keys added, 0 known already\n" };
  expect(await run(["import", good], env)).toEqual(done);
  const again = { ...done, out: "0 keys added, 2 known already\n" };
  expect(await run(["import", good], env)).toEqual(again);
  expect((await run(["import", wrong, "--continue"], env)).out).toBe(again.out);
  const keys = await keysOf(auth);
  expect(keys.map(({ key, secretSha256 }) => [key?.name, secretSha256.toString("hex")])).toEqual([
    ["Web, site", hashOf("one")],
    ["Other", hashOf("two")],
  ]);
  expect(keys[0]?.key).toMatchObject({ accountId, displayPrefix: "sk-on" });
  expect(keys[0]?.key?.expireTime).toEqual(new Date("2100-01-01T00:00:00Z"));
  expect(keys[1]?.key).toMatchObject({ displayPrefix: "imported" });
  expect(keys[1]?.key?.scopes).toEqual(["locations:read", "usage:read"]);
});

test("what was exported is restored into an empty database alone, with every record as it was", async () => {
  const auth = await startAuth(mesh);
  const accountId = await createTestAccount(auth);
  const { key } = await createTestKey(auth, accountId);
  await createTestKey(auth, accountId);
  await auth.client.revokeKey({ accountId, keyId: key.keyId, etag: "", wait: undefined });
  const env = { AUTH_DATABASE_URL: mesh.databaseUrl };
  const exported = await run(["export"], env);
  expect(exported).toMatchObject({ status: 0, problems: "" });
  const file = fileOf("backup.jsonl", exported.out);
  const refused = await run(["import", file], env);
  expect(refused).toMatchObject({ status: 1, problems: expect.stringContaining("not empty") });

  const postgres = await startTestPostgres();
  const { serviceUrl, ownerUrl } = await makeTwoRoles(await postgres.createDatabase());
  const other = { AUTH_DATABASE_URL: serviceUrl, AUTH_OWNER_DATABASE_URL: ownerUrl };
  const damaged = fileOf(
    "damaged.jsonl",
    exported.out.replace('"table" : "keys"', '"table" : "x"'),
  );
  const failure = await run(["import", damaged], other);
  expect(failure).toMatchObject({ status: 1, out: "nothing restored\n" });
  expect(failure.problems).toMatch(/^line \d+: is not a row of an export\n$/);
  const behind = fileOf("behind.jsonl", exported.out.replace(/"revision" : \d+/, '"revision" : 2'));
  const late = await run(["import", behind], other);
  expect(late).toMatchObject({ status: 1, out: "nothing restored\n" });
  expect(late.problems).toMatch(/^(?:line \d+: its revision is beyond that of line 1\n)+$/);
  const cut = fileOf("cut.jsonl", exported.out.split("\n").slice(0, -2).join("\n"));
  expect(await run(["import", cut], other)).toMatchObject({
    ...{ status: 1, out: "nothing restored\n" },
    problems: expect.stringMatching(/^the file is not whole: it has \d+ rows of \d+\n$/),
  });
  expect(await run(["import", file], other)).toMatchObject({ status: 0, problems: "" });

  const before = newestByRecord((await readAll(auth)).changes);
  const restored = await startTestAuth(
    { ...mesh, databaseUrl: serviceUrl },
    { ownerDatabaseUrl: ownerUrl },
  );
  onTestFinished(() => restored.close());
  const { changes } = await readAll({
    directory: restored.directory,
    newestRevision: auth.newestRevision,
  });
  expect(newestByRecord(changes)).toEqual(before);
  await createTestKey(restored, accountId);
});

test("commands are told from the service, and what is none gets the help", async () => {
  expect([["import"], ["export"], ["--help"]].every(isCommand)).toBe(true);
  expect([[], ["--check-config"]].some(isCommand)).toBe(false);
  const env = { AUTH_DATABASE_URL: mesh.databaseUrl };
  expect((await run(["--help"], {})).out).toContain("import FILE.csv");
  for (const argv of [
    ...[["import"], ["import", "x.csv", "--force"], ["export", "x"]],
    ["import", "x.jsonl", "--continue"],
  ]) {
    const said = await run(argv, env);
    expect(said).toMatchObject({ status: 1, problems: expect.stringContaining("Usage:") });
  }
  const latin = join(directory, "latin.CSV");
  writeFileSync(latin, Buffer.from("name\ncaf\u00e9\n", "latin1"));
  expect((await run(["import", latin], env)).problems).toBe(`${latin} is not UTF-8\n`);
  const unset = await run(["export"], {});
  expect(unset).toMatchObject({ status: 1, problems: "AUTH_DATABASE_URL is required\n" });
});
