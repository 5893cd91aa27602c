import { Account_State } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import { QuotaMode } from "@geomesh/proto/grpc/geomesh/common/v1/quota_mode";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isAccountId } from "../store/ids.ts";
import { ACCOUNT, ALL_ACCOUNTS, FIRST_KEYS, FIRST_PAGE, PLAN } from "../testing/records.ts";
import {
  startTestAuth,
  startTestMesh,
  type TestAuth,
  type TestMesh,
} from "../testing/start-test-auth.ts";

let mesh: TestMesh;
let auth: TestAuth;
beforeAll(async () => {
  mesh = await startTestMesh();
  auth = await startTestAuth(mesh);
  await auth.client.createPlan({ plan: PLAN });
});
afterAll(async () => {
  await auth.close();
  await mesh.close();
});

test("a new account is active and reads back as created; what auth assigns is ignored in the request", async () => {
  const request = { name: "Ex 例", planId: "starter", externalId: "customer 7" };
  const assigned = {
    accountId: "acct_0000000000000000",
    state: Account_State.SUSPENDED,
    etag: "7",
  };
  const { account } = await auth.client.createAccount({
    account: { ...ACCOUNT, ...request, ...assigned },
  });
  expect(account).toMatchObject({ ...request, state: Account_State.ACTIVE });
  expect(isAccountId(account?.accountId ?? "")).toBe(true);
  expect([account?.accountId, account?.etag]).not.toEqual([assigned.accountId, assigned.etag]);
  expect(account?.updateTime).toEqual(account?.createTime);
  expect(await auth.client.getAccount({ accountId: account?.accountId ?? "" })).toEqual({
    account,
  });
});

test("a plan keeps its largest quota exactly, and reads back with its defaults filled in", async () => {
  const plan = {
    planId: "largest",
    name: "Largest",
    monthlyQuota: 10n ** 15n,
    quotaMode: QuotaMode.SOFT,
    keyRate: { requests: 1_000_000, per: undefined, burst: 0 },
    accountRate: { requests: 30, per: { seconds: 60n, nanos: 5 }, burst: 0 },
    batchSizeMax: 0,
    keysMax: 0,
    fieldGroups: [],
    etag: "ignored",
  };
  const created = await auth.client.createPlan({ plan });
  expect(created.plan).toEqual({
    ...plan,
    keyRate: { requests: 1_000_000, per: { seconds: 1n, nanos: 0 }, burst: 1_000_000 },
    accountRate: { ...plan.accountRate, burst: 30 },
    batchSizeMax: 1000,
    keysMax: 100,
    etag: expect.stringMatching(/^[0-9]+$/),
  });
  expect(await auth.client.getPlan({ planId: "largest" })).toEqual(created);
});

test("a quota of 0 is a quota, and all keys of an account share the rate of one unless the plan says otherwise", async () => {
  const { plan } = await auth.client.createPlan({
    plan: { ...PLAN, planId: "nothing", monthlyQuota: 0n },
  });
  expect([plan?.monthlyQuota, plan?.accountRate]).toEqual([0n, plan?.keyRate]);
});

test("a plan_id can be used once", async () => {
  const refused = { kind: "already_exists", reason: "PLAN_EXISTS" };
  await expect(auth.client.createPlan({ plan: PLAN })).rejects.toMatchObject(refused);
});

test.each(["missing", "UPPER", "a\0", "../x"])("no account gets the plan %j", async (planId) => {
  const refused = { kind: "failed_precondition", reason: "PLAN_UNKNOWN" };
  const creating = auth.client.createAccount({ account: { ...ACCOUNT, planId } });
  await expect(creating).rejects.toMatchObject(refused);
  await expect(auth.client.getPlan({ planId })).rejects.toMatchObject({ kind: "not_found" });
});

test.each(["acct_0000000000000000", "-", "a\0"])("there is no account %j", async (accountId) => {
  const notFound = { kind: "not_found", reason: "ACCOUNT_NOT_FOUND" };
  await expect(auth.client.getAccount({ accountId })).rejects.toMatchObject(notFound);
  await expect(auth.client.listKeys({ ...FIRST_KEYS, accountId })).rejects.toMatchObject(notFound);
});

test("accounts and plans are listed by id, page after page", async () => {
  for (const planId of ["list-c", "list_a", "list-b", "list0"]) {
    await auth.client.createPlan({ plan: { ...PLAN, planId } });
    await auth.client.createAccount({ account: { ...ACCOUNT, name: planId, planId } });
  }
  const plans = await collect(
    (page) => auth.client.listPlans(page),
    (page) => page.plans,
  );
  const planIds = plans.map((it) => it.planId);
  expect(planIds).toEqual(expect.arrayContaining(["list-b", "list-c", "list0", "list_a"]));
  expect(planIds).toEqual(planIds.toSorted());
  const accounts = await collect(
    (page) => auth.client.listAccounts({ ...ALL_ACCOUNTS, ...page }),
    (page) => page.accounts,
  );
  const accountIds = accounts.map((it) => it.accountId);
  expect(accountIds.length).toBeGreaterThanOrEqual(4);
  expect(accountIds).toEqual([...new Set(accountIds)].toSorted());
});

test.each(["x", "YWNjb3VudHMK", "%%%", "a".repeat(256)])(
  "the page_token %j is refused",
  async (pageToken) => {
    const invalid = { kind: "invalid_argument", fields: [{ field: "page_token" }] };
    await expect(auth.client.listAccounts({ ...ALL_ACCOUNTS, pageToken })).rejects.toMatchObject(
      invalid,
    );
    await expect(auth.client.listPlans({ ...FIRST_PAGE, pageToken })).rejects.toMatchObject(
      invalid,
    );
  },
);

const second = { seconds: 1n, nanos: 0 };

test.each([
  ["plan_id", { planId: "Upper" }],
  ["name", { name: "" }],
  ["name", { name: "a\nb" }],
  ["monthly_quota", { monthlyQuota: undefined }],
  ["monthly_quota", { monthlyQuota: -1n }],
  ["monthly_quota", { monthlyQuota: 10n ** 15n + 1n }],
  ["quota_mode", { quotaMode: QuotaMode.QUOTA_MODE_UNSPECIFIED }],
  ["key_rate", { keyRate: undefined }],
  ["key_rate.requests", { keyRate: { requests: 0, per: second, burst: 1 } }],
  ["key_rate.per", { keyRate: { requests: 1, per: { seconds: 86_401n, nanos: 0 }, burst: 1 } }],
  ["account_rate.per", { accountRate: { requests: 1, per: { seconds: 0n, nanos: 1 }, burst: 1 } }],
  ["account_rate.burst", { accountRate: { requests: 1, per: second, burst: 1_000_001 } }],
  ["batch_size_max", { batchSizeMax: 1001 }],
  ["keys_max", { keysMax: 10_001 }],
])("a new plan with a wrong %s is refused, with the field's name", async (field, mistake) => {
  const creating = auth.client.createPlan({ plan: { ...PLAN, planId: "wrong", ...mistake } });
  await expect(creating).rejects.toMatchObject({
    kind: "invalid_argument",
    fields: [{ field: `plan.${field}` }],
  });
});

test("nothing is created of nothing", async () => {
  const refused = (field: string) => ({ kind: "invalid_argument", fields: [{ field }] });
  const { client } = auth;
  await expect(client.createPlan({ plan: undefined })).rejects.toMatchObject(refused("plan"));
  const account = client.createAccount({ account: undefined });
  await expect(account).rejects.toMatchObject(refused("account"));
});

test("a page of more than 500 is refused", async () => {
  const invalid = { kind: "invalid_argument", fields: [{ field: "page_size" }] };
  await expect(auth.client.listAccounts({ ...ALL_ACCOUNTS, pageSize: 501 })).rejects.toMatchObject(
    invalid,
  );
});

async function collect<P extends { nextPageToken: string }, T>(
  read: (request: { pageSize: number; pageToken: string }) => Promise<P>,
  itemsOf: (page: P) => T[],
): Promise<T[]> {
  const items: T[] = [];
  let pageToken = "";
  do {
    const page = await read({ pageSize: 2, pageToken });
    items.push(...itemsOf(page));
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  return items;
}
