import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, SYSTEM_CLOCK } from "@geomesh/runtime/clock";
import { createLog } from "@geomesh/runtime/log";
import { apiKeyHash, generateApiKey } from "@geomesh/terms/api-key";
import { createTestClock } from "@geomesh/testing/test-clock";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { readAll } from "../testing/follower.ts";
import { createTestAccount, KEY } from "../testing/records.ts";
import { startTestAuth, startTestMesh, type TestMesh } from "../testing/start-test-auth.ts";

let mesh: TestMesh;
let directory: string;
beforeAll(async () => {
  mesh = await startTestMesh();
  directory = mkdtempSync(join(tmpdir(), "auth-admin-key-"));
});
afterAll(async () => {
  await mesh.close();
  rmSync(directory, { recursive: true });
});

async function startWith(
  settings: { adminKey?: string; adminKeyFile?: string },
  clock: Clock = SYSTEM_CLOCK,
) {
  const lines: string[] = [];
  const log = createLog({ service: "auth", destination: { write: (line) => lines.push(line) } });
  const auth = await startTestAuth(mesh, settings, { log, clock });
  onTestFinished(() => auth.close());
  const said = lines.map((line) => JSON.parse(line)).filter(({ level }) => level >= 50);
  return { auth, lines, errors: said.map(({ msg }) => msg) };
}

async function keyOf(auth: Parameters<typeof readAll>[0], secret: string) {
  const { changes } = await readAll(auth);
  const records = changes.flatMap(({ record }) => (record?.$case === "key" ? [record.value] : []));
  return records.find(({ secretSha256 }) => secretSha256.equals(apiKeyHash(secret)))?.key;
}

test("a key of the setting is made an administrator's once, and stays revoked once it is", async () => {
  const adminKey = generateApiKey("live");
  const { auth, lines } = await startWith({ adminKey });
  const key = await keyOf(auth, adminKey);
  expect(key).toMatchObject({ accountId: "acct_geomeshoperator", scopes: ["admin"] });
  expect(lines.join()).not.toContain(adminKey);

  const second = await startWith({ adminKey });
  expect(second.errors).toEqual([]);
  expect(await keyOf(second.auth, adminKey)).toEqual(key);

  const other = generateApiKey("live");
  const third = await startWith({ adminKey: other });
  const { accountId = "", keyId = "" } = key ?? {};
  await third.auth.client.revokeKey({ accountId, keyId, etag: "", wait: undefined });
  const fourth = await startWith({ adminKey });
  expect(fourth.errors).toEqual(["the key of AUTH_ADMIN_KEY is revoked, and stays so"]);
  expect(await keyOf(fourth.auth, adminKey)).toMatchObject({ keyId, state: 2 });
});

test("a key that cannot work is told: of an account that is suspended, or expired", async () => {
  const adminKey = generateApiKey("live");
  const { auth } = await startWith({ adminKey });
  const others = await createTestAccount(auth);
  const admin = { ...KEY, scopes: ["admin"] };
  await auth.client.createKey({ accountId: others, key: admin });
  const operator = { accountId: "acct_geomeshoperator", etag: "" };
  await auth.client.suspendAccount(operator);
  const suspended =
    "the key of AUTH_ADMIN_KEY is of acct_geomeshoperator, which is suspended or closed, and stays so";
  expect((await startWith({ adminKey })).errors).toEqual([suspended]);
  expect((await startWith({ adminKey: generateApiKey("live") })).errors).toEqual([suspended]);
  await auth.client.reactivateAccount(operator);

  const HOUR_MS = 3_600_000;
  const clock = createTestClock(SYSTEM_CLOCK.wallMs());
  const keyId = (await keyOf(auth, adminKey))?.keyId ?? "";
  const expireTime = new Date(clock.wallMs() + HOUR_MS);
  const key = { ...admin, expireTime };
  await auth.client.replaceKey({ ...operator, keyId, key });
  expect((await startWith({ adminKey }, clock)).errors).toEqual([]);
  clock.advance(HOUR_MS);
  expect((await startWith({ adminKey }, clock)).errors).toEqual([
    "the key of AUTH_ADMIN_KEY is expired, and stays so",
  ]);
});

test("a key in a file is read with or without a line's end", async () => {
  const secret = generateApiKey("live");
  const adminKeyFile = join(directory, "admin-key");
  writeFileSync(adminKeyFile, `${secret}\n`);
  const { auth } = await startWith({ adminKeyFile });
  expect(await keyOf(auth, secret)).toMatchObject({ scopes: ["admin"] });
});

test.each([
  ["malformed", { adminKey: "gm_live_hush" }, /^AUTH_ADMIN_KEY must hold a key/],
  ["a test key", { adminKey: generateApiKey("test") }, /^AUTH_ADMIN_KEY must hold a key/],
  ["no file", { adminKeyFile: "/nowhere/key" }, /^AUTH_ADMIN_KEY_FILE: .* \(ENOENT\)/],
  ["both", { adminKey: "a", adminKeyFile: "b" }, /must not both be set/],
])(
  "a setting that cannot be meant is one sentence without the key: %s",
  async (_, settings, said) => {
    const failure = await startWith(settings).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      reason: "SETTING_INVALID",
      publicMessage: expect.stringMatching(said),
    });
    expect(String(failure)).not.toContain("hush");
  },
);
