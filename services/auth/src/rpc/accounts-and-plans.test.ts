import { Account_State, Plan_QuotaMode } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isAccountId } from "../store/ids.ts";
import { FIRST_PAGE, PLAN_REQUEST } from "../testing/records.ts";
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
  await auth.client.createPlan(PLAN_REQUEST);
});
afterAll(async () => {
  await auth.close();
  await mesh.close();
});

test("a new account is active and reads back as created", async () => {
  const request = { name: "Ex 例", planId: "starter", externalId: "customer 7" };
  const { account } = await auth.client.createAccount(request);
  expect(account).toMatchObject({ ...request, state: Account_State.ACTIVE });
  expect(isAccountId(account?.accountId ?? "")).toBe(true);
  expect(account?.updateTime).toEqual(account?.createTime);
  expect(await auth.client.getAccount({ accountId: account?.accountId ?? "" })).toEqual({
    account,
  });
});

test("a plan keeps its largest quota exactly, and a batch size of 0 means 1,000", async () => {
  const request = {
    planId: "largest",
    name: "Largest",
    monthlyQuota: 10n ** 15n,
    quotaMode: Plan_QuotaMode.SOFT,
    ratePerSecond: 1_000_000,
    burst: 1_000_000,
    batchSizeMax: 0,
  };
  const { plan } = await auth.client.createPlan(request);
  expect(plan).toEqual({ ...request, batchSizeMax: 1000, etag: plan?.etag });
  expect(await auth.client.getPlan({ planId: "largest" })).toEqual({ plan });
});

test("a plan_id can be used once", async () => {
  const refused = { kind: "already_exists", reason: "PLAN_EXISTS" };
  await expect(auth.client.createPlan(PLAN_REQUEST)).rejects.toMatchObject(refused);
});

test.each(["missing", "UPPER", "a\0", "../x"])("no account gets the plan %j", async (planId) => {
  const refused = { kind: "failed_precondition", reason: "PLAN_UNKNOWN" };
  await expect(auth.client.createAccount({ name: "Example", planId })).rejects.toMatchObject(
    refused,
  );
  await expect(auth.client.getPlan({ planId })).rejects.toMatchObject({ kind: "not_found" });
});

test.each(["acct_0000000000000000", "-", "a\0"])("there is no account %j", async (accountId) => {
  const notFound = { kind: "not_found", reason: "ACCOUNT_NOT_FOUND" };
  await expect(auth.client.getAccount({ accountId })).rejects.toMatchObject(notFound);
  await expect(auth.client.listKeys({ ...FIRST_PAGE, accountId })).rejects.toMatchObject(notFound);
});

test("accounts and plans are listed by id, page after page", async () => {
  for (const planId of ["list-c", "list_a", "list-b", "list0"]) {
    await auth.client.createPlan({ ...PLAN_REQUEST, planId });
    await auth.client.createAccount({ name: planId, planId });
  }
  const plans = await collect(
    (page) => auth.client.listPlans(page),
    (page) => page.plans,
  );
  const planIds = plans.map((it) => it.planId);
  expect(planIds).toEqual(expect.arrayContaining(["list-b", "list-c", "list0", "list_a"]));
  expect(planIds).toEqual(planIds.toSorted());
  const accounts = await collect(
    (page) => auth.client.listAccounts(page),
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
    await expect(auth.client.listAccounts({ ...FIRST_PAGE, pageToken })).rejects.toMatchObject(
      invalid,
    );
    await expect(auth.client.listPlans({ ...FIRST_PAGE, pageToken })).rejects.toMatchObject(
      invalid,
    );
  },
);

test.each([
  ["plan_id", { planId: "Upper" }],
  ["name", { name: "" }],
  ["name", { name: "a\nb" }],
  ["monthly_quota", { monthlyQuota: -1n }],
  ["monthly_quota", { monthlyQuota: 10n ** 15n + 1n }],
  ["quota_mode", { quotaMode: Plan_QuotaMode.QUOTA_MODE_UNSPECIFIED }],
  ["rate_per_second", { ratePerSecond: 0 }],
  ["batch_size_max", { batchSizeMax: 1001 }],
])("a new plan with a wrong %s is refused, with the field's name", async (field, mistake) => {
  const creating = auth.client.createPlan({ ...PLAN_REQUEST, planId: "wrong", ...mistake });
  await expect(creating).rejects.toMatchObject({ kind: "invalid_argument", fields: [{ field }] });
});

test("a page of more than 500 is refused", async () => {
  const invalid = { kind: "invalid_argument", fields: [{ field: "page_size" }] };
  await expect(auth.client.listAccounts({ ...FIRST_PAGE, pageSize: 501 })).rejects.toMatchObject(
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
