import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { apiKeyHash, generateApiKey } from "@geomesh/terms/api-key";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { newAccountId } from "../store/ids.ts";
import { readAll } from "../testing/follower.ts";
import { AS_IT_IS } from "../testing/records.ts";
import { startTestAuth, startTestMesh, type TestMesh } from "../testing/start-test-auth.ts";

let mesh: TestMesh;
let directory: string;
let bootstrapFile: string;
beforeEach(async () => {
  mesh = await startTestMesh();
  directory = await mkdtemp(join(tmpdir(), "auth-bootstrap-"));
  bootstrapFile = join(directory, "credentials.json");
});
afterEach(async () => {
  await mesh.close();
  await rm(directory, { recursive: true });
});

const readFileAsJson = async () => JSON.parse(await readFile(bootstrapFile, "utf8"));

async function startBootstrapped() {
  const auth = await startTestAuth(mesh, { bootstrapFile });
  onTestFinished(() => auth.close());
  return auth;
}

/** Each key of the database by the hash of its secret. */
async function keysByHash(auth: Parameters<typeof readAll>[0]) {
  const { changes } = await readAll(auth);
  const records = changes.flatMap(({ record }) => (record?.$case === "key" ? [record.value] : []));
  return new Map(records.map((it) => [it.secretSha256.toString("hex"), it.key]));
}

const hashOf = (secret: string) => apiKeyHash(secret).toString("hex");

test("the first start creates a demo key and an administrator key and writes their secrets to the file", async () => {
  await writeFile(bootstrapFile, '{"base_url": "http://localhost:8080"}', { mode: 0o644 });
  const auth = await startBootstrapped();
  const file = await readFileAsJson();
  expect(Object.keys(file)).toEqual(["base_url", "account_id", "demo_key", "admin_key"]);
  expect((await stat(bootstrapFile)).mode & 0o777).toBe(0o600);
  const keys = await keysByHash(auth);
  expect(keys.size).toBe(2);
  expect(keys.get(hashOf(file.demo_key))).toMatchObject({
    accountId: file.account_id,
    scopes: ["locations:read", "usage:read", "keys:write"],
  });
  expect(keys.get(hashOf(file.admin_key))).toMatchObject({ scopes: ["admin"] });
});

test("a second start, and a second auth beside the first, change neither the file nor the database", async () => {
  const first = await startBootstrapped();
  const before = { file: await readFileAsJson(), state: await readAll(first) };
  const second = await startBootstrapped();
  expect({ file: await readFileAsJson(), state: await readAll(second) }).toEqual(before);
});

test("two auths that start at once agree on one set of secrets", async () => {
  const [one] = await Promise.all([startBootstrapped(), startBootstrapped()]);
  const { demo_key, admin_key } = await readFileAsJson();
  const hashes = [...(await keysByHash(one)).keys()];
  expect(hashes.toSorted()).toEqual([hashOf(demo_key), hashOf(admin_key)].toSorted());
});

test("secrets that a crash left in the file before the commit are used", async () => {
  const left = {
    account_id: newAccountId(),
    demo_key: generateApiKey("live"),
    admin_key: generateApiKey("live"),
  };
  await writeFile(bootstrapFile, JSON.stringify(left));
  const auth = await startBootstrapped();
  expect(await readFileAsJson()).toEqual(left);
  expect((await keysByHash(auth)).get(hashOf(left.demo_key))?.accountId).toBe(left.account_id);
});

test("a revoked demo key stays revoked at the next start", async () => {
  const first = await startBootstrapped();
  const { account_id: accountId, demo_key } = await readFileAsJson();
  const keyId = (await keysByHash(first)).get(hashOf(demo_key))?.keyId ?? "";
  const { key } = await first.client.revokeKey({ ...AS_IT_IS, accountId, keyId });
  const second = await startBootstrapped();
  expect(await second.client.getKey({ accountId, keyId })).toEqual({ key });
});

test("a malformed file stops the start with a clear sentence and leaves the database empty", async () => {
  await writeFile(bootstrapFile, '{"demo_key": "gm_live_hush"}');
  await expect(startBootstrapped()).rejects.toMatchObject({
    publicMessage: `The bootstrap file ${bootstrapFile} has a malformed demo_key.`,
  });
  const auth = await startTestAuth(mesh);
  onTestFinished(() => auth.close());
  expect((await readAll(auth)).completeThrough).toBe(0n);
});
