import { type Account, Account_State } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import type { UpdateAccountRequest } from "@geomesh/proto/grpc/geomesh/auth/v1/auth_service";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { readAll } from "../testing/follower.ts";
import { ACCOUNT, createTestKey, PLAN } from "../testing/records.ts";
import {
  startTestAuth,
  startTestMesh,
  type TestAuth,
  type TestMesh,
} from "../testing/start-test-auth.ts";

let mesh: TestMesh;
let auth: TestAuth;
let before: Account;
let accountId: string;
let accounts = 0;
beforeAll(async () => {
  mesh = await startTestMesh();
  auth = await startTestAuth(mesh);
  await auth.client.createPlan({ plan: PLAN });
  await auth.client.createPlan({ plan: { ...PLAN, planId: "other" } });
});
beforeEach(async () => {
  accounts += 1;
  before = await create({ externalId: `C-${accounts}`, metadata: { region: "eu" } });
  ({ accountId } = before);
});
afterAll(async () => {
  await auth.close();
  await mesh.close();
});

async function create(fields: Partial<Account>): Promise<Account> {
  const { account } = await auth.client.createAccount({ account: { ...ACCOUNT, ...fields } });
  if (account === undefined) throw new Error("CreateAccount answered nothing");
  return account;
}

const read = async () => (await auth.client.getAccount({ accountId })).account;
const at = (etag = "") => ({ accountId, etag });
const replace = (fields: Partial<Account>, etag = "") =>
  auth.client.replaceAccount({ ...at(etag), account: { ...ACCOUNT, ...fields } });
const update = (
  fields: Partial<Account>,
  updateMask?: string[],
  more: Partial<UpdateAccountRequest> = {},
) =>
  auth.client.updateAccount({
    ...at(),
    account: { ...ACCOUNT, name: "", planId: "", ...fields },
    updateMask,
    ...more,
  });

test("a replacement unsets what it leaves out, keeps id, state and times, and has another etag", async () => {
  const { account } = await replace({ name: "New", planId: "other" });
  expect(account).toEqual({
    ...before,
    ...{ name: "New", planId: "other", externalId: undefined, metadata: {} },
    updateTime: expect.any(Date),
    etag: expect.not.stringMatching(`^${before.etag}$`),
  });
  expect(await read()).toEqual(account);
});

test("what was read may be sent back, which changes nothing", async () => {
  const newest = await auth.newestRevision();
  expect((await replace(before)).account).toEqual(before);
  expect((await update(before)).account).toEqual(before);
  expect(await auth.newestRevision()).toBe(newest);
});

test("a mask says which fields change, and what it names alone is unset", async () => {
  const fields = { name: "Not this", externalId: undefined, metadata: { a: "1" } };
  const { account } = await update(fields, ["external_id", "metadata"]);
  expect(account).toMatchObject({ name: before.name, state: Account_State.ACTIVE });
  expect([account?.externalId, account?.metadata]).toEqual([undefined, { a: "1" }]);
});

test("without a mask those fields change that the request sets", async () => {
  const { account } = await update({ name: "New" });
  expect(account).toMatchObject({
    ...{ name: "New", planId: before.planId, externalId: before.externalId },
    metadata: before.metadata,
  });
});

test("the mask * is a replacement", async () => {
  const { account } = await update({ name: "New", planId: "other" }, ["*"]);
  expect(account).toMatchObject({ name: "New", planId: "other", metadata: {} });
  expect(account?.externalId).toBeUndefined();
});

test.each([["nothing"], ["state"], ["etag"], ["metadata.region"], [""], ["constructor"]])(
  "a mask that names %j is refused",
  async (path) => {
    const refused = { reason: "INVALID_ARGUMENT", fields: [{ field: "update_mask" }] };
    await expect(update({ name: "New" }, ["name", path])).rejects.toMatchObject(refused);
    expect(await read()).toEqual(before);
  },
);

test.each<[string, Partial<Account>, string[]]>([
  ["account.name", { name: "" }, ["name"]],
  ["account.name", { name: "a\nb" }, ["name"]],
  ["account.plan_id", { planId: "" }, ["plan_id"]],
  ["account.external_id", { externalId: "x".repeat(201) }, ["external_id"]],
  ["account.account_id", { accountId: "acct_0000000000000000", name: "New" }, ["name"]],
])("an update that makes a wrong %s is refused", async (field, fields, mask) => {
  const refused = { reason: "INVALID_ARGUMENT", fields: [{ field }] };
  await expect(update(fields, mask)).rejects.toMatchObject(refused);
  expect(await read()).toEqual(before);
});

test.each<[string, Record<string, string>]>([
  ["a name with a space", { "a b": "1" }],
  ["a name of 41", { ["x".repeat(41)]: "1" }],
  ["no name", { "": "1" }],
  ["a text of 501", { a: "x".repeat(501) }],
  ["a control character", { a: "\u0007" }],
  ["51 texts", Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`n${at}`, "1"]))],
])("metadata with %s is refused by every call that takes it", async (_, metadata) => {
  const refused = {
    reason: "INVALID_ARGUMENT",
    fields: [{ field: expect.stringMatching(/^account\.metadata/) }],
  };
  await expect(create({ metadata })).rejects.toMatchObject(refused);
  await expect(replace({ metadata })).rejects.toMatchObject(refused);
  await expect(update({ metadata })).rejects.toMatchObject(refused);
});

test("metadata of the largest size is kept, and followers get none of it", async () => {
  const entries = Array.from({ length: 50 }, (_, index): [string, string] => [
    `${index}`.padStart(40, "x_.-"),
    "é".repeat(500),
  ]);
  const { account } = await replace({ metadata: Object.fromEntries(entries) });
  expect(account?.metadata).toEqual(Object.fromEntries(entries));
  const change = (await readAll(auth)).changes.at(-1);
  expect(change?.record?.value).toMatchObject({ accountId, metadata: {} });
});

test("an external_id is that of one open account, and free once it is closed", async () => {
  const other = await create({});
  const taken = { kind: "already_exists", reason: "EXTERNAL_ID_TAKEN" };
  const externalId = before.externalId ?? "";
  await expect(create({ externalId })).rejects.toMatchObject(taken);
  const fields = { accountId: other.accountId, etag: "", account: { ...ACCOUNT, externalId } };
  await expect(auth.client.replaceAccount(fields)).rejects.toMatchObject(taken);
  await auth.client.suspendAccount(at());
  await expect(create({ externalId })).rejects.toMatchObject(taken);
  await auth.client.deleteAccount(at());
  expect((await auth.client.replaceAccount(fields)).account).toMatchObject({ externalId });
});

test.each<[string, Partial<Account>]>([
  ["name", { name: " \u200b" }],
  ["external_id", { externalId: " C-1" }],
  ["external_id", { externalId: "C-A\u0308" }],
])(
  "a %s that looks like another is refused by every call that takes it",
  async (field, mistake) => {
    const refused = { reason: "INVALID_ARGUMENT", fields: [{ field: `account.${field}` }] };
    for (const change of [create, replace, update]) {
      await expect(change(mistake)).rejects.toMatchObject(refused);
    }
  },
);

test("no account is moved to a plan that does not exist", async () => {
  const refused = { reason: "PLAN_UNKNOWN" };
  for (const planId of ["missing", "a\0"]) {
    await expect(replace({ planId })).rejects.toMatchObject(refused);
    await expect(update({ planId })).rejects.toMatchObject(refused);
  }
});

test("a change with an etag that is not the newest changes nothing", async () => {
  const { account } = await replace({ name: "Meanwhile" });
  const stale = before.etag;
  const mismatch = { kind: "aborted", reason: "ETAG_MISMATCH" };
  const { client } = auth;
  await expect(replace({ name: "Late" }, stale)).rejects.toMatchObject(mismatch);
  await expect(replace({ name: "Late", etag: stale })).rejects.toMatchObject(mismatch);
  await expect(update({ name: "Late", etag: stale })).rejects.toMatchObject(mismatch);
  await expect(update({ name: "Late" }, [], { etag: stale })).rejects.toMatchObject(mismatch);
  for (const change of [client.suspendAccount, client.reactivateAccount, client.deleteAccount]) {
    await expect(change(at(stale))).rejects.toMatchObject(mismatch);
  }
  expect(await read()).toEqual(account);
  const etag = account?.etag ?? "";
  expect((await replace({ name: "In time", etag }, etag)).account?.name).toBe("In time");
});

test("of ten changes of one version one succeeds", async () => {
  const changes = Array.from({ length: 10 }, (_, index) =>
    replace({ name: `Change ${index}` }, before.etag).catch(({ reason }) => reason),
  );
  const outcomes = await Promise.all(changes);
  expect(outcomes.filter((outcome) => outcome === "ETAG_MISMATCH")).toHaveLength(9);
});

test("an account is suspended and reactivated, each once", async () => {
  const { client } = auth;
  const { account: suspended } = await client.suspendAccount(at());
  expect(suspended).toMatchObject({ ...before, ...changed(Account_State.SUSPENDED) });
  expect(await client.suspendAccount(at())).toEqual({ account: suspended });
  expect((await replace({ name: "Still" })).account?.state).toBe(Account_State.SUSPENDED);
  const { account: active } = await client.reactivateAccount(at());
  expect(active?.state).toBe(Account_State.ACTIVE);
  expect(await client.reactivateAccount(at())).toEqual({ account: active });
});

test("a closed account stays as it is for ever, and closing it again changes nothing", async () => {
  await createTestKey(auth, accountId);
  const { client } = auth;
  const { account } = await client.deleteAccount(at(before.etag));
  expect(account).toEqual({ ...before, ...changed(Account_State.CLOSED) });
  expect(await client.deleteAccount(at())).toEqual({ account });
  const closed = { kind: "failed_precondition", reason: "ACCOUNT_CLOSED" };
  await expect(client.reactivateAccount(at())).rejects.toMatchObject(closed);
  await expect(client.suspendAccount(at())).rejects.toMatchObject(closed);
  await expect(replace({ name: "New" })).rejects.toMatchObject(closed);
  await expect(update({ name: "New" })).rejects.toMatchObject(closed);
  await expect(createTestKey(auth, accountId)).rejects.toMatchObject(closed);
  expect(await read()).toEqual(account);
});

test.each(["acct_0000000000000000", "-", "a\0"])("no account %j is changed", async (id) => {
  const notFound = { reason: "ACCOUNT_NOT_FOUND" };
  const [request, { client }] = [{ accountId: id, etag: "" }, auth];
  const changes = [client.deleteAccount, client.suspendAccount, client.reactivateAccount];
  for (const change of changes) await expect(change(request)).rejects.toMatchObject(notFound);
  const replacing = client.replaceAccount({ ...request, account: ACCOUNT });
  await expect(replacing).rejects.toMatchObject(notFound);
  const page = { accountId: id, pageSize: 0, pageToken: "" };
  await expect(client.listPlanAssignments(page)).rejects.toMatchObject(notFound);
});

test("the history of plans has each with its times, in pages", async () => {
  for (const planId of ["other", "starter", "other"]) await replace({ planId, name: planId });
  await replace({ planId: "other", name: "Same plan" });
  const { account } = await auth.client.deleteAccount(at());
  const assignments = [];
  let pageToken = "";
  do {
    const page = await auth.client.listPlanAssignments({ accountId, pageSize: 3, pageToken });
    assignments.push(...page.planAssignments);
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  expect(assignments.map(({ planId }) => planId)).toEqual(["starter", "other", "starter", "other"]);
  const ends = assignments.map(({ endTime }) => endTime);
  expect(assignments[0]?.startTime).toEqual(before.createTime);
  expect(assignments.slice(1).map(({ startTime }) => startTime)).toEqual(ends.slice(0, -1));
  expect(ends.at(-1)).toEqual(account?.updateTime);
});

function changed(state: Account_State) {
  return { state, updateTime: expect.any(Date), etag: expect.any(String) };
}
