import type { Key } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openAuthDatabase } from "../testing/open-auth-database.ts";
import { AS_IT_IS, anotherAccount, createTestAccount, KEY } from "../testing/records.ts";
import {
  startTestAuth,
  startTestMesh,
  type TestAuth,
  type TestMesh,
} from "../testing/start-test-auth.ts";
import { systemActor } from "./actor.ts";
import { keepAdministrator } from "./administrators.ts";
import { createWriter } from "./write.ts";

const LAST = { kind: "failed_precondition", reason: "LAST_ADMINISTRATOR" };
const HOUR_MS = 3_600_000;

let mesh: TestMesh;
let auth: TestAuth;
let accountId: string;
beforeAll(async () => {
  mesh = await startTestMesh();
  auth = await startTestAuth(mesh);
  accountId = await createTestAccount(auth);
});
afterAll(async () => {
  await auth.close();
  await mesh.close();
});

async function keyWith(more: Partial<Key>, owner = accountId) {
  const { key } = await auth.client.createKey({ accountId: owner, key: { ...KEY, ...more } });
  return { ...AS_IT_IS, accountId: owner, keyId: key?.keyId ?? "" };
}

/** Of keys by which nobody may get in again. */
const RESTRICTIONS: readonly Partial<Key>[] = [
  { allowedCidrs: ["192.0.2.0/24"] },
  { allowedOrigins: ["https://app.example.com"] },
  { rate: { requests: 59, per: { seconds: 60n, nanos: 0 }, burst: 59 } },
];
const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const inAnHour = () => new Date(Date.now() + HOUR_MS);
const admin = () => keyWith({ scopes: ["admin"] });

test("the last administrator can be neither removed nor made weaker; a second one lets go of the first", async () => {
  const { client } = auth;
  const last = await admin();
  // None of these is one who can still administer tomorrow.
  await keyWith({ scopes: ["admin"], expireTime: inAnHour() });
  await keyWith({ scopes: ["admin"], notBeforeTime: inAnHour() });
  await keyWith({ scopes: ["admin:read", "keys:write"] });
  for (const restriction of RESTRICTIONS) await keyWith({ scopes: ["admin"], ...restriction });
  await client.disableKey(await admin());
  const before = await client.getKey(last);
  const changes = await Promise.allSettled([
    client.revokeKey(last),
    client.deleteKey(last),
    client.disableKey(last),
    client.replaceKey({ ...last, key: KEY }),
    client.updateKey({ ...last, key: { ...KEY, expireTime: inAnHour() }, updateMask: undefined }),
    client.updateKey({ ...last, key: KEY, updateMask: ["scopes"] }),
    client.updateKey({
      ...last,
      key: { ...KEY, notBeforeTime: inAnHour() },
      updateMask: undefined,
    }),
    ...RESTRICTIONS.flatMap((restriction) => {
      const key = { ...KEY, scopes: ["admin"], ...restriction };
      const updateMask = Object.keys(restriction).map(snakeCase);
      return [client.replaceKey({ ...last, key }), client.updateKey({ ...last, key, updateMask })];
    }),
  ]);
  expect(changes).toMatchObject(
    Array(7 + 2 * RESTRICTIONS.length).fill({ status: "rejected", reason: LAST }),
  );
  expect(await client.getKey(last)).toEqual(before);
  const rate = { requests: 60, per: { seconds: 60n, nanos: 0 }, burst: 1 };
  await client.updateKey({ ...last, key: { ...KEY, rate }, updateMask: ["rate"] });
  const renamed = await client.updateKey({
    ...{ ...last, key: { ...KEY, name: "renamed" }, updateMask: ["name"] },
  });
  expect(renamed.key?.name).toBe("renamed");
  const { key } = await client.rotateKey({ ...last, overlap: undefined });
  const rotated = { ...last, keyId: key?.keyId ?? "" };
  await expect(client.revokeKey(rotated)).rejects.toMatchObject(LAST);
  const second = await admin();
  await client.revokeKey(rotated);
  await expect(client.revokeKey(second)).rejects.toMatchObject(LAST);
});

test("of two who remove each other at the same time, one stays", async () => {
  const [one, two] = [await admin(), await admin()];
  const { client } = auth;
  const all = await client.listKeys({ accountId, pageSize: 500, pageToken: "", state: 1, mode: 0 });
  for (const { keyId, scopes } of all.keys) {
    const isOther = keyId !== one.keyId && keyId !== two.keyId;
    if (isOther && scopes.includes("admin")) await client.revokeKey({ ...one, keyId });
  }
  const removals = await Promise.allSettled([one, two].map((key) => client.revokeKey(key)));
  expect(removals.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
});

test("an account with the last administrator cannot be suspended by a change that is kept", async () => {
  const other = await anotherAccount(auth);
  await keyWith({ scopes: ["locations:read"] }, other);
  const { db, close } = await openAuthDatabase(mesh.databaseUrl);
  const write = createWriter({
    db,
    auditAddresses: "none",
    clock: { wallMs: Date.now, monotonicMs: () => performance.now() },
    onCommit: () => undefined,
  });
  const suspend = (id: string) =>
    write(systemActor("Suspend"), (changes) =>
      keepAdministrator(changes, () =>
        changes.trx
          .updateTable("accounts")
          .set({ state: "SUSPENDED" })
          .where("account_id", "=", id)
          .execute(),
      ),
    );
  await suspend(other);
  await expect(suspend(accountId)).rejects.toMatchObject(LAST);
  await close();
  const { client } = auth;
  const at = { accountId, etag: "" };
  await expect(client.suspendAccount(at)).rejects.toMatchObject(LAST);
  await expect(client.deleteAccount(at)).rejects.toMatchObject(LAST);
  const { account } = await client.getAccount({ accountId });
  expect(account?.state).toBe(1);
});

test("where administrators are restricted, one of them stays", async () => {
  const plain = await startTestMesh();
  const alone = await startTestAuth(plain);
  const owner = await createTestAccount(alone);
  const restricted = async (restriction: Partial<Key>) => {
    const { key } = await alone.client.createKey({
      ...{ accountId: owner, key: { ...KEY, scopes: ["admin"], ...restriction } },
    });
    return { ...AS_IT_IS, accountId: owner, keyId: key?.keyId ?? "" };
  };
  const first = await restricted({ allowedCidrs: ["192.0.2.0/24"] });
  const last = await restricted({ allowedOrigins: ["https://app.example.com"] });
  await alone.client.revokeKey(first);
  await expect(alone.client.revokeKey(last)).rejects.toMatchObject(LAST);
  await alone.close();
  await plain.close();
});

test("where there is no administrator, keys change as they like", async () => {
  const plain = await startTestMesh();
  const alone = await startTestAuth(plain);
  const owner = await createTestAccount(alone);
  const expireTime = inAnHour();
  const { key } = await alone.client.createKey({
    ...{ accountId: owner, key: { ...KEY, scopes: ["admin"], expireTime } },
  });
  const revoked = await alone.client.revokeKey({
    ...{ ...AS_IT_IS, accountId: owner, keyId: key?.keyId ?? "" },
  });
  expect(revoked.key?.state).toBe(2);
  await alone.close();
  await plain.close();
});
