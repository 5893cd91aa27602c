import { Account_State } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import type { ListAccountsRequest } from "@geomesh/proto/grpc/geomesh/auth/v1/auth_service";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ACCOUNT, ALL_ACCOUNTS, FIRST_PAGE, PLAN } from "../testing/records.ts";
import {
  startTestAuth,
  startTestMesh,
  type TestAuth,
  type TestMesh,
} from "../testing/start-test-auth.ts";

const { ACTIVE, SUSPENDED, CLOSED } = Account_State;

let mesh: TestMesh;
let auth: TestAuth;
/** The names of accounts by their ids. */
const names = new Map<string, string>();
beforeAll(async () => {
  mesh = await startTestMesh();
  auth = await startTestAuth(mesh);
  for (const planId of ["starter", "other"]) {
    await auth.client.createPlan({ plan: { ...PLAN, planId } });
  }
  const long = "é".repeat(200);
  await create("closed", { planId: "other", externalId: long }, "deleteAccount");
  await create("other", { planId: "other", externalId: long });
  await create("starter", { planId: "starter" });
  await create("suspended", { planId: "starter", externalId: "C-1" }, "suspendAccount");
});
afterAll(async () => {
  await auth.close();
  await mesh.close();
});

async function create(
  name: string,
  fields: { planId: string; externalId?: string },
  then?: "deleteAccount" | "suspendAccount",
): Promise<void> {
  const { account } = await auth.client.createAccount({ account: { ...ACCOUNT, name, ...fields } });
  const accountId = account?.accountId ?? "";
  names.set(accountId, name);
  if (then !== undefined) await auth.client[then]({ accountId, etag: "" });
}

const list = (filter: Partial<ListAccountsRequest>) =>
  auth.client.listAccounts({ ...ALL_ACCOUNTS, ...filter });

async function namesIn(filter: Partial<ListAccountsRequest>): Promise<string[]> {
  const found: string[] = [];
  let pageToken = "";
  do {
    const page = await list({ ...filter, pageSize: 1, pageToken });
    found.push(...page.accounts.map(({ name }) => name));
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  return found.toSorted();
}

test.each<[string, Partial<ListAccountsRequest>, string[]]>([
  ["nothing", {}, ["closed", "other", "starter", "suspended"]],
  ["an external_id", { externalId: "é".repeat(200) }, ["closed", "other"]],
  ["an external_id of nobody", { externalId: "c-1" }, []],
  ["a text with NUL", { externalId: "C-1\0" }, []],
  ["a plan", { planId: "starter" }, ["starter", "suspended"]],
  ["a plan that does not exist", { planId: "\0" }, []],
  ["active", { state: ACTIVE }, ["other", "starter"]],
  ["suspended", { state: SUSPENDED }, ["suspended"]],
  ["closed", { state: CLOSED }, ["closed"]],
  ["all three", { externalId: "C-1", planId: "starter", state: SUSPENDED }, ["suspended"]],
  ["what does not go together", { externalId: "C-1", state: ACTIVE }, []],
])("a list that names %s has those accounts, page after page", async (_, filter, expected) => {
  expect(await namesIn(filter)).toEqual(expected);
});

test("a page token is good for the question that it is of, and no other", async () => {
  const filters = [{}, { planId: "starter" }, { state: SUSPENDED }, { externalId: "starter" }];
  const { nextPageToken: pageToken } = await list({ planId: "starter", pageSize: 1 });
  expect((await list({ planId: "starter", pageToken })).accounts).toHaveLength(1);
  for (const filter of filters.filter(({ planId }: { planId?: string }) => planId === undefined)) {
    const invalid = { reason: "PAGE_TOKEN_INVALID", fields: [{ field: "page_token" }] };
    await expect(list({ ...filter, pageToken })).rejects.toMatchObject(invalid);
  }
});

test("a state that does not exist is refused", async () => {
  const invalid = { reason: "INVALID_ARGUMENT", fields: [{ field: "state" }] };
  await expect(list({ state: 9 as typeof ACTIVE })).rejects.toMatchObject(invalid);
});

test("plans that are deleted between two pages leave no other plan out", async () => {
  const ids = ["p0", "p1", "p2", "p3", "p4"];
  for (const planId of ids) await auth.client.createPlan({ plan: { ...PLAN, planId } });
  const first = await auth.client.listPlans({ ...FIRST_PAGE, pageSize: 3 });
  expect(first.plans.map(({ planId }) => planId)).toEqual(["other", "p0", "p1"]);
  for (const planId of ["p0", "p1", "p2"]) await auth.client.deletePlan({ planId, etag: "" });
  const rest = await auth.client.listPlans({ pageSize: 3, pageToken: first.nextPageToken });
  expect(rest.plans.map(({ planId }) => planId)).toEqual(["p3", "p4", "starter"]);
});
