import type { Plan } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import { ListAllAuditEventsRequest } from "@geomesh/proto/grpc/geomesh/auth/v1/auth_service";
import { QuotaMode } from "@geomesh/proto/grpc/geomesh/common/v1/quota_mode";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { readAll } from "../testing/follower.ts";
import { ACCOUNT, FIRST_PAGE, PLAN } from "../testing/records.ts";
import {
  startTestAuth,
  startTestMesh,
  type TestAuth,
  type TestMesh,
} from "../testing/start-test-auth.ts";

let mesh: TestMesh;
let auth: TestAuth;
let before: Plan;
let planId: string;
let plans = 0;
beforeAll(async () => {
  mesh = await startTestMesh();
  auth = await startTestAuth(mesh);
});
beforeEach(async () => {
  plans += 1;
  planId = `plan-${plans}`;
  const { plan } = await auth.client.createPlan({ plan: { ...PLAN, planId } });
  if (plan !== undefined) before = plan;
});
afterAll(async () => {
  await auth.close();
  await mesh.close();
});

const EMPTY: Plan = {
  ...{ planId: "", name: "", monthlyQuota: undefined, quotaMode: 0, keyRate: undefined },
  ...{ accountRate: undefined, batchSizeMax: 0, keysMax: 0, fieldGroups: [], etag: "" },
};
const RATE = { requests: 7, per: { seconds: 60n, nanos: 0 }, burst: 7 };
const read = async () => (await auth.client.getPlan({ planId })).plan;
const replace = (fields: Partial<Plan>, etag = "") =>
  auth.client.replacePlan({ planId, etag, plan: { ...PLAN, planId: "", ...fields } });
const update = (fields: Partial<Plan>, updateMask?: string[], etag = "") =>
  auth.client.updatePlan({ planId, etag, plan: { ...EMPTY, ...fields }, updateMask });

test("a replacement has the defaults of a new plan for what it leaves out, and another etag", async () => {
  await update({ keysMax: 7, batchSizeMax: 3, accountRate: RATE });
  const fields = { name: "New", monthlyQuota: 0n, quotaMode: QuotaMode.SOFT, keyRate: RATE };
  const { plan } = await replace(fields);
  expect(plan).toEqual({
    ...before,
    ...fields,
    accountRate: RATE,
    etag: expect.not.stringMatching(`^${before.etag}$`),
  });
  expect(await read()).toEqual(plan);
});

test("what was read may be sent back, which changes nothing", async () => {
  const newest = await auth.newestRevision();
  expect((await replace(before, before.etag)).plan).toEqual(before);
  expect((await update(before)).plan).toEqual(before);
  expect(await auth.newestRevision()).toBe(newest);
});

test("an update changes what its mask names or what it sets, a quota of 0 too", async () => {
  const { plan } = await update({ monthlyQuota: 0n });
  expect(plan).toEqual({ ...before, monthlyQuota: 0n, etag: plan?.etag });
  const masked = await update({ keyRate: RATE, name: "Not this" }, ["key_rate", "account_rate"]);
  expect(masked.plan).toMatchObject({ name: before.name, keyRate: RATE, accountRate: RATE });
});

test.each<[string, Partial<Plan>, string[] | undefined]>([
  ["plan.name", { name: "" }, ["name"]],
  ["plan.name", { name: "a\nb" }, undefined],
  ["plan.monthly_quota", {}, ["monthly_quota"]],
  ["plan.quota_mode", {}, ["quota_mode"]],
  ["plan.key_rate", {}, ["key_rate"]],
  ["plan.key_rate.requests", { keyRate: { ...RATE, requests: 0 } }, undefined],
  ["plan.batch_size_max", { batchSizeMax: 1_001 }, undefined],
  ["plan.field_groups[1]", { fieldGroups: ["place", "places"] }, undefined],
  ["plan.field_groups", { fieldGroups: ["flag", "flag"] }, ["field_groups"]],
  ["plan.plan_id", { planId: "another", name: "New" }, undefined],
  ["update_mask", { name: "New" }, ["name", "key_rate.requests"]],
])("an update that makes a wrong %s is refused", async (field, fields, mask) => {
  const refused = { reason: "INVALID_ARGUMENT", fields: [{ field }] };
  await expect(update(fields, mask)).rejects.toMatchObject(refused);
  expect(await read()).toEqual(before);
});

test("the groups of keys are a set: an update, a replacement and followers have them in one order", async () => {
  const fieldGroups = ["connection", "place"];
  const { plan } = await update({ fieldGroups: ["place", "connection"] });
  expect(plan).toEqual({ ...before, fieldGroups, etag: plan?.etag });
  expect(await read()).toEqual(plan);
  expect((await readAll(auth)).changes.at(-1)?.record).toEqual({ $case: "plan", value: plan });
  const newest = await auth.newestRevision();
  expect((await update({ fieldGroups: ["place", "connection"] })).plan).toEqual(plan);
  expect(await auth.newestRevision()).toBe(newest);
  expect((await update({ name: "Named" })).plan?.fieldGroups).toEqual(fieldGroups);
  expect((await update({}, ["field_groups"])).plan?.fieldGroups).toEqual([]);
  expect((await replace({ fieldGroups: ["timezone"] })).plan?.fieldGroups).toEqual(["timezone"]);
  expect((await replace({})).plan?.fieldGroups).toEqual([]);
});

test("a new plan has its groups, and the audit log what they were", async () => {
  const created = await auth.client.createPlan({
    plan: { ...PLAN, planId: `${planId}-groups`, fieldGroups: ["security", "place"] },
  });
  expect(created.plan?.fieldGroups).toEqual(["place", "security"]);
  await update({ fieldGroups: ["flag"] });
  await update({ fieldGroups: ["currency"] });
  const newest = ListAllAuditEventsRequest.fromPartial({ resourceId: planId, pageSize: 1 });
  const [event] = (await auth.client.listAllAuditEvents(newest)).auditEvents;
  expect([event?.before, event?.after]).toMatchObject([
    { resource: { $case: "plan", value: { fieldGroups: ["flag"] } } },
    { resource: { $case: "plan", value: { fieldGroups: ["currency"] } } },
  ]);
});

test("a replacement keeps the rules of a new plan", async () => {
  const refused = (field: string) => ({ reason: "INVALID_ARGUMENT", fields: [{ field }] });
  const without = replace({ monthlyQuota: undefined });
  await expect(without).rejects.toMatchObject(refused("plan.monthly_quota"));
  await expect(replace({ planId: "x" })).rejects.toMatchObject(refused("plan.plan_id"));
  const nothing = auth.client.replacePlan({ planId, etag: "", plan: undefined });
  await expect(nothing).rejects.toMatchObject(refused("plan"));
});

test("a change with an etag that is not the newest changes nothing", async () => {
  await update({ name: "Meanwhile" });
  const now = await read();
  const stale = before.etag;
  const mismatch = { reason: "ETAG_MISMATCH" };
  await expect(replace({ name: "Late" }, stale)).rejects.toMatchObject(mismatch);
  await expect(replace({ name: "Late", etag: stale })).rejects.toMatchObject(mismatch);
  await expect(update({ name: "Late" }, ["name"], stale)).rejects.toMatchObject(mismatch);
  await expect(update({ name: "Late", etag: stale })).rejects.toMatchObject(mismatch);
  await expect(auth.client.deletePlan({ planId, etag: stale })).rejects.toMatchObject(mismatch);
  expect(await read()).toEqual(now);
});

test("a plan is deleted once no open account has it, and then is nowhere any more", async () => {
  const { client } = auth;
  const { account } = await client.createAccount({ account: { ...ACCOUNT, planId } });
  const accountId = account?.accountId ?? "";
  const deleting = () => client.deletePlan({ planId, etag: "" });
  await client.suspendAccount({ accountId, etag: "" });
  await expect(deleting()).rejects.toMatchObject({ reason: "PLAN_IN_USE" });
  await client.deleteAccount({ accountId, etag: "" });
  expect(await deleting()).toEqual({});
  const notFound = { reason: "PLAN_NOT_FOUND" };
  await expect(deleting()).rejects.toMatchObject(notFound);
  await expect(read()).rejects.toMatchObject(notFound);
  await expect(replace({})).rejects.toMatchObject(notFound);
  await expect(update({ name: "New" })).rejects.toMatchObject(notFound);
  const creating = client.createAccount({ account: { ...ACCOUNT, planId } });
  await expect(creating).rejects.toMatchObject({ reason: "PLAN_UNKNOWN" });
  const listed = await client.listPlans({ ...FIRST_PAGE, pageSize: 500 });
  expect(listed.plans.map((plan) => plan.planId)).not.toContain(planId);
  expect((await client.getAccount({ accountId })).account?.planId).toBe(planId);
});

test("a deletion is a change that followers get, and the id may be used again", async () => {
  const { client } = auth;
  await client.deletePlan({ planId, etag: before.etag });
  const deleted = await readAll(auth);
  const etag = `${deleted.completeThrough}`;
  expect(deleted.changes.at(-1)).toEqual({
    revision: deleted.completeThrough,
    record: { $case: "deletedPlan", value: { ...before, etag } },
  });
  const { plan } = await client.createPlan({ plan: { ...PLAN, planId, name: "Again" } });
  const again = await readAll(auth);
  expect(again.changes.at(-1)).toEqual({
    revision: deleted.completeThrough + 1n,
    record: { $case: "plan", value: plan },
  });
  const ofPlan = again.changes.filter(
    ({ record }) =>
      (record?.$case === "plan" || record?.$case === "deletedPlan") &&
      record.value.planId === planId,
  );
  expect(ofPlan).toHaveLength(1);
});
