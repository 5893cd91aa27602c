import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Ask, ask, createCustomer } from "../support/api.ts";
import { OPERATION_IDS, operationId } from "../support/api-document.ts";
import { type Mesh, startTestMesh } from "../support/mesh.ts";

interface Row {
  readonly status: number;
  readonly path: string;
  readonly options?: Ask;
}

const ADDRESS = "81.2.69.142";
const STREAM_TYPES = ["application/x-ndjson", "text/event-stream"];
const PLAN_ID = `plan-${randomUUID()}`;
const RATE = { requests: 30, per: "60s", burst: 0 };
const PLAN = {
  plan_id: PLAN_ID,
  name: "Slow",
  monthly_quota: "10",
  quota_mode: "HARD",
  key_rate: RATE,
};

let mesh: Mesh;
beforeAll(async () => {
  mesh = await startTestMesh();
}, 60_000);
afterAll(() => mesh.close());

/** Calls of the administrator; `{account}` and `{key}` are those of a customer. */
function rows(): Row[] {
  const post = (status: number, path: string, body: unknown): Row => {
    return { status, path, options: { body } };
  };
  const call = (status: number, path: string, options: Ask = {}): Row => ({
    status,
    path,
    options,
  });
  return [
    call(200, "/v1/locations/81.2.69.142"),
    call(200, "/v1/locations/2001:218::1?language=ja"),
    call(200, "/v1/locations/10.0.0.1"),
    call(200, "/v1/locations/1.1.1.1"),
    call(200, "/v1/locations/81.2.69.142?fields=country_code,timezone.name,names.city"),
    call(
      200,
      "/v1/locations/81.2.69.142?fields=*,names,-flag&exclude_fields=currency.currency_code",
    ),
    call(200, "/v1/locations/81.2.69.142?fields=country_facts"),
    call(200, "/v1/locations/10.0.0.1?fields=*,country_facts"),
    call(200, "/v1/locations/81.2.69.142/country_facts.capital"),
    call(400, "/v1/locations/81.2.69.142/country_facts.languages"),
    call(304, "/v1/locations/81.2.69.142", { headers: { "if-none-match": "*" } }),
    call(400, "/v1/locations/nonsense?language=xx"),
    call(400, "/v1/locations/81.2.69.142?fields=colour"),
    call(200, "/v1/locations/81.2.69.142/country_code"),
    call(200, "/v1/locations/10.0.0.1/timezone.name"),
    call(400, "/v1/locations/81.2.69.142/colour"),
    call(401, "/v1/locations/81.2.69.142", { key: "" }),
    post(200, "/v1/locations:batchGet", { ip_addresses: ["81.2.69.142", "::1", "nonsense"] }),
    post(200, "/v1/locations:batchGet", { ip_addresses: ["81.2.69.142"], fields: "country_code" }),
    call(200, "/v1/locations:batchGet", {
      body: { ip_addresses: ["81.2.69.142", "nonsense"] },
      headers: { accept: "text/csv" },
    }),
    post(400, "/v1/locations:batchGet", { ip_addresses: [] }),
    call(415, "/v1/locations:batchGet", { body: {}, headers: { "content-type": "text/plain" } }),
    ...STREAM_TYPES.flatMap((accept) =>
      ["application/x-ndjson", "text/plain"].map((type) =>
        call(200, "/v1/locations:stream?fields=country_code,timezone.name", {
          body: type === "text/plain" ? ADDRESS : { ip_address: ADDRESS },
          headers: { accept, "content-type": type },
        }),
      ),
    ),
    call(415, "/v1/locations:stream", { body: ADDRESS }),
    call(400, "/v1/locations:stream?colour=red", {
      body: ADDRESS,
      headers: { "content-type": "text/plain" },
    }),
    call(200, "/v1/datasets?page_size=1"),
    post(201, "/v1/plans", PLAN),
    post(409, "/v1/plans", PLAN),
    call(200, "/v1/plans"),
    call(200, `/v1/plans/${PLAN_ID}`),
    call(404, "/v1/plans/nowhere"),
    post(201, "/v1/accounts", { name: "Customer", plan_id: PLAN_ID, external_id: "C-1" }),
    post(400, "/v1/accounts", { name: "Customer", plan_id: "nowhere" }),
    call(200, "/v1/accounts?page_size=1"),
    call(400, "/v1/accounts?page_token=nonsense"),
    call(200, "/v1/accounts/{account}"),
    call(404, "/v1/accounts/nobody"),
    call(405, "/v1/accounts/{account}/quota", { method: "DELETE" }),
    post(201, "/v1/accounts/{account}/keys", { name: "Key", rate: RATE }),
    call(200, "/v1/accounts/{account}/keys"),
    call(200, "/v1/accounts/{account}/keys/{key}"),
    call(200, "/v1/accounts/{account}/quota"),
    call(200, "/v1/accounts/{account}/usage?include_empty=true&page_size=2&group_by=key"),
    call(200, "/v1/usage?group_by=account&group_by=status&granularity=hour"),
    call(200, "/v1/accounts/{account}/keys/{key}", { method: "PUT", body: { name: "New" } }),
    call(200, "/v1/accounts/{account}/keys/{key}", { method: "PATCH", body: { name: "Newer" } }),
    post(200, "/v1/accounts/{account}/keys/{key}:disable", {}),
    post(200, "/v1/accounts/{account}/keys/{key}:enable", {}),
    post(200, "/v1/accounts/{account}/keys/{key}:rotate", {}),
    call(200, "/v1/accounts/{account}/keys/{key}", { method: "DELETE" }),
    post(200, "/v1/accounts/{account}/keys/{key}:revoke", {}),
    call(200, "/v1/accounts/{account}/auditEvents?page_size=1"),
    call(200, "/v1/auditEvents"),
    call(200, "/v1/auditEvents?page_size=1", { headers: { accept: "text/csv" } }),
    call(400, "/v1/auditEvents?page_token=x"),
    ...changes(),
  ];
}

/** Changes of accounts and plans; after them the customer's account is closed. */
function changes(): Row[] {
  const by =
    (method: string) =>
    (status: number, path: string, options: Ask = {}) => ({
      status,
      path,
      options: { ...options, method },
    });
  const [put, patch, remove, post] = [by("PUT"), by("PATCH"), by("DELETE"), by("POST")];
  const get = by("GET");
  const account = "/v1/accounts/{account}";
  const plan = `/v1/plans/${PLAN_ID}`;
  const body = { name: "New", plan_id: PLAN_ID, metadata: { region: "eu" } };
  const stale = { headers: { "if-match": '"1"' } };
  return [
    put(200, account, { body }),
    put(400, account, { body: { name: "New", account_id: "acct_0000000000000000" } }),
    put(409, account, { body: { ...body, external_id: "C-1" } }),
    put(412, account, { body, ...stale }),
    patch(200, `${account}?update_mask=name,metadata`, { body: { name: "Newer" } }),
    patch(400, `${account}?update_mask=colour`, { body: { name: "Newer" } }),
    patch(400, account, { body: { metadata: { "a b": "c" } } }),
    patch(400, account, { body: { metadata: JSON.parse('{"__proto__":"c"}') } }),
    get(200, `${account}/planAssignments?page_size=1`),
    get(200, "/v1/accounts?external_id=C-1&state=active&page_size=1"),
    get(400, "/v1/accounts?state=asleep"),
    post(200, `${account}:suspend`),
    post(412, `${account}:reactivate`, { body: { etag: "1" } }),
    post(200, `${account}:reactivate`, { body: {} }),
    put(200, plan, { body: { ...PLAN, plan_id: undefined, name: "New" } }),
    put(400, plan, { body: { ...PLAN, monthly_quota: undefined } }),
    patch(200, plan, { body: { monthly_quota: "20" } }),
    patch(412, plan, { body: { name: "Newer" }, ...stale }),
    remove(409, plan),
    remove(412, account, stale),
    remove(200, account),
    put(409, account, { body }),
    post(201, "/v1/plans", { body: { ...PLAN, plan_id: `${PLAN_ID}-2` } }),
    remove(204, `/v1/plans/${PLAN_ID}-2`),
    remove(404, `/v1/plans/${PLAN_ID}-2`),
  ];
}

// `ask` compares each answer with the document.
test("every call answers as the document says, and so do refusals", {
  timeout: 60_000,
}, async () => {
  const { accountId, keyId } = await createCustomer(mesh);
  const succeeded = new Set<string>();
  for (const { status, path, options = {} } of rows()) {
    const target = path.replace("{account}", accountId).replace("{key}", keyId);
    const method = options.method ?? ("body" in options ? "POST" : "GET");
    const answer = await ask(mesh, target, { key: mesh.adminKey, ...options, method });
    expect([target, answer.status], answer.text).toEqual([target, status]);
    const id = operationId(method, target);
    if (status < 300 && id !== undefined) succeeded.add(id);
  }
  expect(OPERATION_IDS.filter((id) => !succeeded.has(id))).toEqual([]);
});

test("limits that are hit are answered as the document says", async () => {
  const limited = { key_rate: { requests: 1, per: "3600s", burst: 100 }, monthly_quota: "1" };
  const { key } = await createCustomer(mesh, limited);
  const statuses = new Set<number>();
  for (let i = 0; i < 3; i++) {
    statuses.add((await ask(mesh, "/v1/locations/8.8.8.8", { key })).status);
  }
  expect([...statuses]).toEqual([200, 429]);
});
