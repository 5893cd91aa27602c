import { Account_State, type Key, Key_State } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import { AuditedResource } from "@geomesh/proto/grpc/geomesh/auth/v1/audit";
import { onBehalfOfMetadata } from "@geomesh/runtime/grpc/on-behalf-of";
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { openAuthDatabase } from "../testing/open-auth-database.ts";
import { ACCOUNT, AS_IT_IS, KEY, PLAN } from "../testing/records.ts";
import {
  startTestAuth,
  startTestMesh,
  type TestAuth,
  type TestMesh,
} from "../testing/start-test-auth.ts";
import type { AuthDatabase } from "./schema.ts";

const CONTEXT = {
  keyId: "key_1",
  accountId: "acct_1",
  clientAddress: "192.0.2.1",
  idempotencyKey: "",
};
const BY_KEY = { metadata: { "x-request-id": "r-1", ...onBehalfOfMetadata(CONTEXT) } };

let mesh: TestMesh;
let auth: TestAuth;
let db: AuthDatabase;
let closeDb: () => Promise<void>;
let planId = "";
let plans = 0;
beforeAll(async () => {
  mesh = await startTestMesh();
  auth = await startTestAuth(mesh);
  ({ db, close: closeDb } = await openAuthDatabase(mesh.databaseUrl));
});
beforeEach(() => {
  plans += 1;
  planId = `plan-${plans}`;
});
afterAll(async () => {
  await closeDb();
  await auth.close();
  await mesh.close();
});

async function lastEvents(count: number) {
  const query = db.selectFrom("audit_events").selectAll().orderBy("event_number", "desc");
  const rows = (await query.limit(count).execute()).toReversed();
  return rows.map(({ resource_before, resource_after, ...row }) => ({
    ...row,
    before: resource_before && AuditedResource.decode(resource_before).resource,
    after: resource_after && AuditedResource.decode(resource_after).resource,
  }));
}

test("what the operator makes is told with its content and without secrets", async () => {
  const { plan } = await auth.client.createPlan({ plan: { ...PLAN, planId } });
  const { account } = await auth.client.createAccount({ account: { ...ACCOUNT, planId } });
  const accountId = account?.accountId ?? "";
  const { key, secret } = await auth.client.createKey({ accountId, key: KEY });
  const events = await lastEvents(3);
  const actor = { actor_kind: "OPERATOR", actor_account_id: "", actor_key_id: "" };
  expect(events).toMatchObject([
    { ...actor, action: "CreatePlan", account_id: "", before: null },
    { ...actor, action: "CreateAccount", account_id: accountId, before: null },
    { ...actor, action: "CreateKey", account_id: accountId, before: null },
  ]);
  expect(events.map(({ after }) => after?.value)).toEqual([plan, account, key]);
  expect(JSON.stringify(events, (_, v) => (typeof v === "bigint" ? `${v}` : v))).not.toContain(
    secret,
  );
});

test("what a key does at the gateway is told with the key, its account, address and request", async () => {
  await auth.client.createPlan({ plan: { ...PLAN, planId } });
  const { account } = await auth.client.createAccount({ account: { ...ACCOUNT, planId } }, BY_KEY);
  const accountId = account?.accountId ?? "";
  const { key } = await auth.client.createKey({ accountId, key: KEY }, BY_KEY);
  await auth.client.revokeKey({ ...AS_IT_IS, accountId, keyId: key?.keyId ?? "" }, BY_KEY);
  const actor = {
    actor_kind: "API_KEY",
    actor_account_id: CONTEXT.accountId,
    actor_key_id: CONTEXT.keyId,
    client_address: "192.0.2.0/24",
    request_id: "r-1",
  };
  const created = { $case: "key", value: { state: Key_State.ACTIVE } };
  expect(await lastEvents(3)).toMatchObject([
    { ...actor, action: "CreateAccount", after: { value: { state: Account_State.ACTIVE } } },
    { ...actor, action: "CreateKey", after: created },
    {
      ...actor,
      action: "RevokeKey",
      before: created,
      after: { $case: "key", value: { state: Key_State.REVOKED } },
    },
  ]);
});

test("each change of an account and of a plan is told with what was before and what is since", async () => {
  const { client } = auth;
  const { plan } = await client.createPlan({ plan: { ...PLAN, planId } });
  const { account } = await client.createAccount({ account: { ...ACCOUNT, planId } });
  const accountId = account?.accountId ?? "";
  const at = { accountId, etag: "" };
  const states = [account];
  const renamed = { ...ACCOUNT, planId, name: "New", metadata: { a: "1" } };
  const remasked = { ...at, account: { ...renamed, name: "Newer" }, updateMask: ["name"] };
  states.push((await client.replaceAccount({ ...at, account: renamed })).account);
  states.push((await client.updateAccount(remasked)).account);
  states.push((await client.suspendAccount(at)).account);
  states.push((await client.reactivateAccount(at)).account);
  states.push((await client.deleteAccount(at)).account);
  const actions = ["ReplaceAccount", "UpdateAccount", "SuspendAccount", "ReactivateAccount"];
  expect(await lastEvents(5)).toMatchObject(
    [...actions, "DeleteAccount"].map((action, index) => ({
      action,
      account_id: accountId,
      before: { $case: "account", value: states[index] },
      after: { $case: "account", value: states[index + 1] },
    })),
  );
  const plans = [plan];
  const of = { planId, etag: "" };
  const [new1, new2] = ["New", "Newer"].map((name) => ({ ...PLAN, planId, name }));
  plans.push((await client.replacePlan({ ...of, plan: new1 })).plan);
  plans.push((await client.updatePlan({ ...of, plan: new2, updateMask: undefined })).plan);
  await client.deletePlan(of);
  expect(await lastEvents(3)).toMatchObject([
    { action: "ReplacePlan", before: { value: plans[0] }, after: { value: plans[1] } },
    { action: "UpdatePlan", before: { value: plans[1] }, after: { value: plans[2] } },
    { action: "DeletePlan", before: { $case: "plan", value: plans[2] }, after: null },
  ]);
});

test("every change of a key is told with what it was before and is since, under its RPC", async () => {
  await auth.client.createPlan({ plan: { ...PLAN, planId } });
  const { account } = await auth.client.createAccount({ account: { ...ACCOUNT, planId } });
  const accountId = account?.accountId ?? "";
  const { key } = await auth.client.createKey({ accountId, key: KEY });
  const request = { ...AS_IT_IS, accountId, keyId: key?.keyId ?? "" };
  const { client } = auth;
  await client.updateKey({ ...request, key: { ...KEY, name: "b" }, updateMask: ["name"] });
  await client.replaceKey({ ...request, key: { ...KEY, name: "c" } });
  await client.disableKey(request);
  await client.enableKey(request);
  await client.rotateKey({ ...request, overlap: { seconds: 60n, nanos: 0 } });
  await client.deleteKey(request);
  const said = (await lastEvents(7)).map(({ action, before, after }) => {
    const [was, is] = [before, after].map((side) => side?.value as Key | undefined);
    return [action, was?.name, was?.state, is?.name, is?.state, is?.replacedByKeyId !== undefined];
  });
  const { ACTIVE, DISABLED, REVOKED } = Key_State;
  expect(said).toEqual([
    ["UpdateKey", KEY.name, ACTIVE, "b", ACTIVE, false],
    ["ReplaceKey", "b", ACTIVE, "c", ACTIVE, false],
    ["DisableKey", "c", ACTIVE, "c", DISABLED, false],
    ["EnableKey", "c", DISABLED, "c", ACTIVE, false],
    ["RotateKey", undefined, undefined, "c", ACTIVE, false],
    ["RotateKey", "c", ACTIVE, "c", ACTIVE, true],
    ["DeleteKey", "c", ACTIVE, "c", REVOKED, true],
  ]);
});

test("what changes nothing is not told", async () => {
  await auth.client.createPlan({ plan: { ...PLAN, planId } });
  const { account } = await auth.client.createAccount({ account: { ...ACCOUNT, planId } });
  const accountId = account?.accountId ?? "";
  const { key } = await auth.client.createKey({ accountId, key: KEY });
  const revoke = { ...AS_IT_IS, accountId, keyId: key?.keyId ?? "" };
  await auth.client.revokeKey(revoke);
  const [before] = await lastEvents(1);
  await auth.client.revokeKey(revoke);
  await expect(auth.client.createPlan({ plan: { ...PLAN, planId } })).rejects.toMatchObject({
    reason: "PLAN_EXISTS",
  });
  expect(await lastEvents(1)).toEqual([before]);
});

test("a header that is no CallContext is refused", async () => {
  const metadata = { "geomesh-call-context-bin": Buffer.from([0xff]) };
  const creating = auth.client.createPlan({ plan: { ...PLAN, planId } }, { metadata });
  await expect(creating).rejects.toMatchObject({ reason: "MALFORMED_REQUEST" });
});

test.each([
  ["full", CONTEXT.clientAddress],
  ["none", ""],
] as const)("of addresses it tells what the operator wants: %s", async (auditAddresses, told) => {
  const other = await startTestAuth(mesh, { auditAddresses });
  onTestFinished(() => other.close());
  await other.client.createPlan({ plan: { ...PLAN, planId } }, BY_KEY);
  expect(await lastEvents(1)).toMatchObject([{ client_address: told }]);
});
