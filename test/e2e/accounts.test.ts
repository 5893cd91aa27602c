import { eventually } from "@geomesh/testing/eventually";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Ask, ask, type Customer, countedUnits, createCustomer } from "../support/api.ts";
import { type Mesh, startTestMesh } from "../support/mesh.ts";

const ADDRESS = "/v1/locations/81.2.69.142";

let mesh: Mesh;
let customer: Customer;
let account: string;
beforeAll(async () => {
  mesh = await startTestMesh();
}, 60_000);
beforeEach(async () => {
  customer = await createCustomer(mesh);
  account = `/v1/accounts/${customer.accountId}`;
});
afterAll(() => mesh.close());

const asAdmin = (path: string, options: Ask = {}) =>
  ask(mesh, path, { key: mesh.adminKey, ...options });
const locate = () => ask(mesh, ADDRESS, { key: customer.key });

/** Waits until the gateway answers the customer so; a change is known there within a second. */
async function untilAnswered(status: number, code?: string): Promise<void> {
  await eventually(async () => {
    const answer = await locate();
    expect([answer.status, answer.json?.code]).toEqual([status, code]);
  });
}

test("a suspended account's keys are refused until it is reactivated, both by an administrator alone", async () => {
  await untilAnswered(200);
  for (const change of [":suspend", ":reactivate"]) {
    const own = await ask(mesh, `/v1/accounts/-${change}`, { key: customer.key, body: {} });
    expect(own).toMatchObject({ status: 403, json: { code: "scope_missing" } });
  }
  expect((await asAdmin(account)).json).toMatchObject({ state: "ACTIVE" });
  const suspended = await asAdmin(`${account}:suspend`, { body: {} });
  expect(suspended.json.account).toMatchObject({ state: "SUSPENDED" });
  await untilAnswered(403, "key_disabled");
  const active = await asAdmin(`${account}:reactivate`, { body: {} });
  expect(active).toMatchObject({ status: 200, json: { account: { state: "ACTIVE" } } });
  await untilAnswered(200);
});

test("a closed account's keys are as if they did not exist, also once its plan is gone", async () => {
  await untilAnswered(200);
  await eventually(async () => expect(await countedUnits(mesh, customer.key)).toBe(1));
  const closed = await asAdmin(account, { method: "DELETE" });
  expect(closed.json).toMatchObject({ account_id: customer.accountId, state: "CLOSED" });
  expect(closed.headers.get("etag")).toBe(`"${closed.json.etag}"`);
  await untilAnswered(401, "key_invalid");
  const plan = `/v1/plans/${closed.json.plan_id}`;
  const gone = await asAdmin(plan, { method: "DELETE" });
  expect([gone.status, gone.text, gone.headers.get("content-type")]).toEqual([204, "", null]);
  expect((await asAdmin(plan)).status).toBe(404);
  await untilAnswered(401, "key_invalid");
  expect((await asAdmin(`${account}:reactivate`, { body: {} })).json.code).toBe("account_closed");
  const usage = await asAdmin(`${account}/usage`);
  expect(Number(usage.json.totals.units)).toBeGreaterThan(0);
  expect((await asAdmin(`${account}/quota`)).json).toMatchObject({ limit: "0", remaining: "0" });
});

test("another plan in the middle of a month has its quota at once, and what is used stays used", async () => {
  customer = await createCustomer(mesh, { monthly_quota: "2" });
  account = `/v1/accounts/${customer.accountId}`;
  const { json } = await asAdmin(account);
  const quota = async () => (await ask(mesh, `${account}/quota`, { key: customer.key })).json;
  await untilAnswered(200);
  await untilAnswered(200);
  await untilAnswered(429, "quota_exceeded");
  const other = { plan_id: `${json.plan_id}-large`, name: "Large", monthly_quota: "3" };
  const limits = { quota_mode: "HARD", key_rate: { requests: 1_000 } };
  expect((await asAdmin("/v1/plans", { body: { ...other, ...limits } })).status).toBe(201);
  const moved = await asAdmin(`${account}?update_mask=plan_id`, {
    method: "PATCH",
    body: { plan_id: other.plan_id },
  });
  expect(moved).toMatchObject({ status: 200, json: { plan_id: other.plan_id } });
  await untilAnswered(200);
  await untilAnswered(429, "quota_exceeded");
  await eventually(async () =>
    expect(await quota()).toMatchObject({ limit: "3", used: "3", remaining: "0" }),
  );
});

test("a smaller quota holds within seconds, though the gateway holds a lease by the larger one", async () => {
  await untilAnswered(200);
  const { json } = await asAdmin(account);
  const body = { monthly_quota: "2" };
  await asAdmin(`/v1/plans/${json.plan_id}`, { method: "PATCH", body });
  await untilAnswered(429, "quota_exceeded");
});
