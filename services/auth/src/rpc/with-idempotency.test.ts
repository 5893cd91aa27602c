import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onBehalfOfMetadata } from "@geomesh/runtime/grpc/on-behalf-of";
import { eventually } from "@geomesh/testing/eventually";
import { createTestClock } from "@geomesh/testing/test-clock";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { AuthDatabase } from "../store/schema.ts";
import { openAuthDatabase } from "../testing/open-auth-database.ts";
import { ACCOUNT, createTestAccount, KEY, PLAN } from "../testing/records.ts";
import {
  startTestAuth,
  startTestMesh,
  type TestAuth,
  type TestMesh,
} from "../testing/start-test-auth.ts";

const HOUR_MS = 60 * 60 * 1_000;

let mesh: TestMesh;
let auth: TestAuth;
let db: AuthDatabase;
let closeDb: () => Promise<void>;
let directory: string;
let accountId: string;
const clock = createTestClock();
beforeAll(async () => {
  mesh = await startTestMesh();
  directory = await mkdtemp(join(tmpdir(), "geomesh-idempotency-"));
  auth = await startTestAuth(mesh, { idempotencyKeyFile: await newKeyFile("key") }, { clock });
  ({ db, close: closeDb } = await openAuthDatabase(mesh.databaseUrl));
  accountId = await createTestAccount(auth);
});
afterAll(async () => {
  await closeDb();
  await auth.close();
  await mesh.close();
  await rm(directory, { recursive: true });
});

async function newKeyFile(name: string): Promise<string> {
  const file = join(directory, name);
  await writeFile(file, randomBytes(32).toString("base64"));
  return file;
}

/** A call on behalf of an account's key, with an `Idempotency-Key`. */
function by(idempotencyKey: string, caller = "acct_admin") {
  const context = { keyId: "key_1", accountId: caller, clientAddress: "", idempotencyKey };
  return { metadata: onBehalfOfMetadata(context) };
}

let keys = 0;
const newKey = () => `key-${keys++}`;
const plan = () => ({ ...PLAN, planId: `plan-${keys++}` });

async function countOf(table: "plans" | "accounts" | "keys" | "audit_events" | "outbox") {
  const { rows } = await sql<{ count: string }>`
    SELECT count(*)::text AS count FROM ${sql.table(table)}`.execute(db);
  return Number(rows[0]?.count);
}

async function recordOf(rpc: string) {
  const query = db.selectFrom("idempotency_records").selectAll().orderBy("create_time", "desc");
  const all = await query.where("rpc", "like", `%/${rpc}`).execute();
  return all.at(0);
}

test("a second request with the key gets the first one's answer, and changes nothing", async () => {
  const account = { ...ACCOUNT, name: "once" };
  const asked = plan();
  const options = by(newKey());
  const first = {
    plan: await auth.client.createPlan({ plan: asked }, options),
    account: await auth.client.createAccount({ account }, options),
    key: await auth.client.createKey({ accountId, key: KEY }, options),
  };
  const [revision, events] = [await auth.newestRevision(), await countOf("audit_events")];
  expect({
    plan: await auth.client.createPlan({ plan: asked }, options),
    account: await auth.client.createAccount({ account }, options),
    key: await auth.client.createKey({ accountId, key: KEY }, options),
  }).toEqual(first);
  expect(first.key.secret).toMatch(/^gm_live_/);
  expect(await auth.newestRevision()).toBe(revision);
  expect(await countOf("audit_events")).toBe(events);
});

test("a rotation that is sent again gets the same secret, whatever the etag of the key is by now", async () => {
  const { key } = await auth.client.createKey({ accountId, key: KEY });
  const request = { accountId, keyId: key?.keyId ?? "", overlap: undefined };
  const options = by(newKey());
  const first = await auth.client.rotateKey({ ...request, etag: key?.etag ?? "" }, options);
  const etag = first.replacedKey?.etag ?? "";
  expect(await auth.client.rotateKey({ ...request, etag }, options)).toEqual(first);
  const overlap = { seconds: 1n, nanos: 0 };
  const other = auth.client.rotateKey({ ...request, overlap, etag }, options);
  await expect(other).rejects.toMatchObject({ reason: "IDEMPOTENCY_KEY_REUSED" });
});

test("of requests at the same time one makes the change, and all get its answer", async () => {
  const before = await countOf("keys");
  const options = by(newKey());
  const twins = await Promise.all(
    Array.from({ length: 5 }, () => auth.client.createKey({ accountId, key: KEY }, options)),
  );
  expect(new Set(twins.map(({ secret }) => secret)).size).toBe(1);
  expect(await countOf("keys")).toBe(before + 1);
});

test("the entries of a map make the same request in any order", async () => {
  const options = by(newKey());
  const create = (metadata: Record<string, string>) =>
    auth.client.createAccount({ account: { ...ACCOUNT, metadata } }, options);
  const first = await create({ region: "eu", team: "web" });
  expect(await create({ team: "web", region: "eu" })).toEqual(first);
  await expect(create({ team: "eu", region: "web" })).rejects.toMatchObject({
    reason: "IDEMPOTENCY_KEY_REUSED",
  });
});

test("another request with the key is refused, and makes nothing", async () => {
  const options = by(newKey());
  await auth.client.createPlan({ plan: plan() }, options);
  const before = await countOf("plans");
  await expect(auth.client.createPlan({ plan: plan() }, options)).rejects.toMatchObject({
    reason: "IDEMPOTENCY_KEY_REUSED",
  });
  expect(await countOf("plans")).toBe(before);
});

test("the keys of another account, and none at all, are others", async () => {
  const key = newKey();
  const create = (options?: ReturnType<typeof by>) =>
    auth.client.createAccount({ account: ACCOUNT }, options);
  const made = [
    await create(by(key)),
    await create(by(key, "acct_other")),
    await create(by("")),
    await create(by("")),
    await create(),
  ];
  expect(new Set(made.map(({ account }) => account?.accountId)).size).toBe(made.length);
});

test("a request that failed is not recorded, and may be tried again", async () => {
  const options = by(newKey());
  const asked = plan();
  const account = { ...ACCOUNT, planId: asked.planId };
  const create = () => auth.client.createAccount({ account }, options);
  await expect(create()).rejects.toMatchObject({ reason: "PLAN_UNKNOWN" });
  await auth.client.createPlan({ plan: asked });
  expect(await create()).toMatchObject({ account: { planId: asked.planId } });
});

test("the database holds no secret of an answer, and none of the keys that clients chose", async () => {
  const key = newKey();
  const { secret } = await auth.client.createKey({ accountId, key: KEY }, by(key));
  const { rows } = await sql<{ all: string }>`
    SELECT json_agg(row_to_json(r))::text || string_agg(encode(response, 'escape'), ' ') AS all
    FROM idempotency_records r`.execute(db);
  const text = rows[0]?.all ?? "";
  expect(text).toContain("CreateKey");
  for (const secretText of [secret, key]) {
    expect(text).not.toContain(secretText);
    expect(text).not.toContain(Buffer.from(secretText).toString("hex"));
  }
  expect(await recordOf("CreateKey")).toMatchObject({ is_sealed: true });
});

test("an answer with a secret does not open in the record of another account", async () => {
  const key = newKey();
  await auth.client.createKey({ accountId, key: KEY }, by(key));
  await sql`
    UPDATE idempotency_records SET account_id = 'acct_thief'
    WHERE key_sha256 = sha256(${key}::bytea) AND account_id = 'acct_admin'`.execute(db);
  const stolen = auth.client.createKey({ accountId, key: KEY }, by(key, "acct_thief"));
  await expect(stolen).rejects.toMatchObject({ reason: "IDEMPOTENT_ANSWER_LOST" });
});

test("an answer that was encrypted under another key is told as lost, and nothing is made twice", async () => {
  const options = by(newKey());
  await auth.client.createKey({ accountId, key: KEY }, options);
  const other = await startTestAuth(
    mesh,
    { idempotencyKeyFile: await newKeyFile("other") },
    { clock },
  );
  onTestFinished(() => other.close());
  const before = await countOf("keys");
  await expect(other.client.createKey({ accountId, key: KEY }, options)).rejects.toMatchObject({
    reason: "IDEMPOTENT_ANSWER_LOST",
  });
  expect(await countOf("keys")).toBe(before);
});

test("without a key to encrypt by, calls that answer a secret refuse an Idempotency-Key, and others take it", async () => {
  const plain = await startTestAuth(mesh, {}, { clock });
  onTestFinished(() => plain.close());
  const before = await countOf("keys");
  const options = by(newKey());
  await expect(plain.client.createKey({ accountId, key: KEY }, options)).rejects.toMatchObject({
    reason: "IDEMPOTENCY_KEY_REFUSED",
  });
  expect(await countOf("keys")).toBe(before);
  const asked = plan();
  const first = await plain.client.createPlan({ plan: asked }, options);
  expect(await plain.client.createPlan({ plan: asked }, options)).toEqual(first);
});

test("after 24 hours the key is a new one, and its old record goes", async () => {
  const options = by(newKey());
  const create = () => auth.client.createAccount({ account: ACCOUNT }, options);
  const first = await create();
  clock.advance(24 * HOUR_MS - 1);
  expect(await create()).toEqual(first);
  clock.advance(1);
  const second = await create();
  expect(second).not.toEqual(first);
  expect(await create()).toEqual(second);
  await auth.client.createPlan({ plan: plan() }, by(newKey()));
  // A minute more, by which the clocks of processes may differ.
  clock.advance(24 * HOUR_MS + 60_001);
  const next = await startTestAuth(mesh, {}, { clock });
  onTestFinished(() => next.close());
  await eventually(async () => {
    expect(await db.selectFrom("idempotency_records").selectAll().execute()).toEqual([]);
  });
});
