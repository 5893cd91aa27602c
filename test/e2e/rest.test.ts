import { randomUUID } from "node:crypto";
import { eventually } from "@geomesh/testing/eventually";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask, countedUnits, createCustomer, createKey } from "../support/api.ts";
import { type Mesh, startTestMesh } from "../support/mesh.ts";

let mesh: Mesh;
beforeAll(async () => {
  mesh = await startTestMesh();
}, 60_000);
afterAll(() => mesh.close());

describe("locations", () => {
  test("an IPv4 address gets the whole location object, unknown things as null", async () => {
    const { status, json, headers } = await ask(mesh, "/v1/locations/81.2.69.142");
    expect(status).toBe(200);
    expect(json).toMatchObject({
      ip_address: "81.2.69.142",
      special_purpose: null,
      country_code: "GB",
      continent_code: "EU",
      timezone: { name: "Europe/London" },
      security: { is_tor: null },
      is_overridden: false,
    });
    expect(headers.get("x-request-id")).toMatch(/^[\w.-]{1,64}$/);
    expect(headers.get("ratelimit")).toMatch(
      /^"key";r=\d+;t=\d+, "account";r=\d+;t=\d+, "month";r=\d+;t=\d+$/,
    );
  });

  test.each([
    ["2001:218::1", "2001:218::1", "colons are no custom verb"],
    ["2001%3A218%3A%3A1", "2001:218::1", "percent-encoded"],
    ["2001:0218:0:0::1", "2001:218::1", "answered in canonical form"],
    ["::ffff:81.2.69.142", "81.2.69.142", "IPv4-mapped unwraps"],
  ])("%s is answered as %s: %s", async (asked, canonical) => {
    const { status, json } = await ask(mesh, `/v1/locations/${asked}`);
    expect([status, json.ip_address]).toEqual([200, canonical]);
  });

  test("me is the caller's own address", async () => {
    const { json } = await ask(mesh, "/v1/locations/me");
    expect(json).toMatchObject({ ip_address: "127.0.0.1", special_purpose: "Loopback" });
  });

  test.each([
    "1.2.3",
    "081.2.69.142",
    "1.2.3.4.5",
    "1.2.3.4%2F24",
    "::1%25eth0",
    "[::1]",
    "example.com",
  ])("%s is refused with 400 that names the field, and costs nothing", async (asked) => {
    const { status, json } = await ask(mesh, `/v1/locations/${asked}`);
    expect(status).toBe(400);
    expect(json).toMatchObject({
      code: "invalid_argument",
      errors: [{ field: "ip_address", detail: expect.stringMatching(/^must be an IPv4 address/) }],
    });
  });

  test("two mistakes are both told, with the values that a caller may use", async () => {
    const { status, json } = await ask(mesh, "/v1/locations/x?language=xx");
    expect(status).toBe(400);
    expect(json.errors).toEqual([
      { field: "ip_address", detail: expect.stringMatching(/^must be an IPv4 address/) },
      { field: "language", detail: "must be one of de, en, es, fr, ja, pt-BR, ru, zh-CN" },
    ]);
  });

  test("a batch keeps its order, and a bad address spoils its own entry only", async () => {
    const { status, json } = await ask(mesh, "/v1/locations:batchGet", {
      body: { ip_addresses: ["81.2.69.142", "nonsense", "10.0.0.1", "2001:218::1"] },
    });
    expect(status).toBe(200);
    expect(json.results).toMatchObject([
      { location: { ip_address: "81.2.69.142", country_code: "GB" } },
      { error: { ip_address: "nonsense", code: "invalid_argument" } },
      { location: { special_purpose: "Private-Use" } },
      { location: { ip_address: "2001:218::1", country_code: "JP" } },
    ]);
  });

  test("the datasets say what they are and whom to thank", async () => {
    const { json } = await ask(mesh, "/v1/datasets");
    expect(json.datasets[0]).toMatchObject({ is_serving: true, reason: null });
    expect(JSON.stringify(json.datasets)).toContain("MaxMind");
  });
});

describe("refusals", () => {
  const malformed = "gm_live_000000000000000000000000000000000000";

  test.each([
    ["no key", "", "key_missing"],
    ["a malformed key", malformed, "key_invalid"],
    ["a well-formed unknown key", "gm_live_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17", "key_invalid"],
  ])("%s is 401", async (_what, key, code) => {
    const { status, json, headers } = await ask(mesh, "/v1/locations/81.2.69.142", { key });
    expect([status, json.code]).toEqual([401, code]);
    expect(headers.get("www-authenticate")).toMatch(/^Bearer/);
    expect(headers.get("content-type")).toMatch(/^application\/problem\+json/);
  });

  test("a revoked key is refused within a second", async () => {
    const customer = await createCustomer(mesh);
    const revoke = `/v1/accounts/-/keys/${customer.keyId}:revoke`;
    const { json } = await ask(mesh, revoke, { key: customer.key, body: {} });
    expect(json.key).toMatchObject({ key_id: customer.keyId, state: "REVOKED" });
    expect(BigInt(json.propagation.revision)).toBeGreaterThan(0n);
    expect(Date.parse(json.propagation.safe_time)).toBeGreaterThan(Date.now());
    await eventually(
      async () =>
        expect((await ask(mesh, "/v1/locations/8.8.8.8", { key: customer.key })).status).toBe(401),
      { deadlineMs: 1_000 },
    );
  });

  test("a quota of 5 answers five addresses and refuses the sixth with 429", async () => {
    const { key } = await createCustomer(mesh, { monthly_quota: "5" });
    for (let i = 0; i < 5; i++) {
      expect((await ask(mesh, "/v1/locations/8.8.8.8", { key })).status, `request ${i + 1}`).toBe(
        200,
      );
    }
    const sixth = await ask(mesh, "/v1/locations/8.8.8.8", { key });
    expect([sixth.status, sixth.json.code]).toEqual([429, "quota_exceeded"]);
    expect(Number(sixth.headers.get("retry-after"))).toBeGreaterThan(0);
    await eventually(async () => expect(await countedUnits(mesh, key)).toBe(5));
    const quota = await ask(mesh, "/v1/accounts/-/quota", { key });
    expect(quota.json).toMatchObject({ limit: "5", used: "5", remaining: "0", quota_mode: "HARD" });
  });

  test("private addresses and bad ones are free", async () => {
    const { key } = await createCustomer(mesh, { monthly_quota: "1" });
    for (const free of ["10.0.0.1", "nonsense", "::1"])
      await ask(mesh, `/v1/locations/${free}`, { key });
    expect((await ask(mesh, "/v1/locations/8.8.8.8", { key })).status).toBe(200);
  });

  test("more than the rate is 429 with Retry-After", async () => {
    const { key } = await createCustomer(mesh, {
      key_rate: { requests: 1, burst: 2 },
      account_rate: { requests: 100 },
    });
    const statuses = [];
    for (let i = 0; i < 5; i++) statuses.push(await ask(mesh, "/v1/locations/8.8.8.8", { key }));
    const refused = statuses.find(({ status }) => status === 429);
    expect(refused?.json).toMatchObject({ code: "rate_limited", "violated-policies": ["key"] });
    expect(Number(refused?.headers.get("retry-after"))).toBeGreaterThan(0);
  });

  test("two keys of an account share its rate, however slow an interval is", async () => {
    const slow = { requests: 3, per: "3600s" };
    const { accountId, key } = await createCustomer(mesh, { account_rate: slow });
    const second = await createKey(mesh, accountId, ["usage:read"]);
    // Making the keys work has spent a request of each.
    const ends = [];
    for (const each of [key, second.key, key, second.key]) {
      ends.push(await ask(mesh, "/v1/accounts/-/quota", { key: each }));
    }
    const refused = ends.find(({ status }) => status === 429);
    expect(refused?.json).toMatchObject({ code: "rate_limited", "violated-policies": ["account"] });
    expect(Number(refused?.headers.get("retry-after"))).toBeGreaterThan(600);
  });

  test.each([
    ["GET", "/nowhere", 404, "not_found"],
    ["GET", "/v1/nowhere", 404, "not_found"],
    ["DELETE", "/v1/locations/8.8.8.8", 405, "method_not_allowed"],
    ["GET", "/v1/locations:batchGet", 405, "method_not_allowed"],
    ["GET", "/v1/locations/8.8.8.8?colour=red", 400, "invalid_argument"],
    ["GET", "/v1/locations/%zz", 400, "invalid_argument"],
    ["GET", "/v1/accounts", 403, "scope_missing"],
    ["GET", "/v1/accounts/acct_someoneelse0/usage", 403, "scope_missing"],
  ])("%s %s is %i %s", async (method, path, status, code) => {
    const answer = await ask(mesh, path, { method });
    expect([answer.status, answer.json?.code], answer.text).toEqual([status, code]);
    if (status === 405) expect(answer.headers.get("allow")).toBeTruthy();
  });

  test("a key cannot make one that is stronger than itself", async () => {
    const { key } = await createCustomer(mesh);
    const body = { name: "Stronger", scopes: ["admin"] };
    const refused = await ask(mesh, "/v1/accounts/-/keys", { key, body });
    expect([refused.status, refused.json.code]).toEqual([403, "scope_missing"]);
  });

  test("a key of one request a second that ends soon makes none that is faster or lives longer", async () => {
    const { accountId } = await createCustomer(mesh);
    const expireTime = new Date(Date.now() + 600_000).toISOString();
    const rate = { requests: 1, burst: 20 };
    const asked = { name: "Slow", scopes: ["keys:write"], expire_time: expireTime, rate };
    const path = `/v1/accounts/${accountId}/keys`;
    const made = await ask(mesh, path, { key: mesh.adminKey, body: asked });
    const key: string = made.json.secret;
    const scopes = ["keys:write"];
    const create = (more: object) =>
      ask(mesh, "/v1/accounts/-/keys", { key, body: { name: "Child", scopes, ...more } });
    await eventually(async () => expect((await create({})).status).toBe(201));
    const child = (await create({})).json.key;
    expect(child).toMatchObject({ expire_time: made.json.key.expire_time, rate: { burst: 20 } });
    for (const more of [
      { rate: { requests: 2, burst: 1 } },
      { expire_time: "2999-01-01T00:00:00Z" },
    ]) {
      const refused = await create(more);
      expect([refused.status, refused.json.code]).toEqual([400, "invalid_argument"]);
      expect(refused.json.errors[0].field).toBe(Object.keys(more)[0]);
    }
    const defaults = await ask(mesh, "/v1/accounts/-/keys", { key, body: { name: "Child" } });
    expect([defaults.status, defaults.json.code]).toEqual([403, "scope_missing"]);
  });
});

describe("resources", () => {
  test("a new one is a 201 whose Location answers it with its ETag", async () => {
    const key = mesh.adminKey;
    const rate = { requests: 30, per: "60s", burst: 0 };
    const limits = { monthly_quota: "10", quota_mode: "HARD", key_rate: rate };
    const body = { plan_id: `plan-${randomUUID()}`, name: "Slow", ...limits };
    const created = await ask(mesh, "/v1/plans", { key, body });
    expect(created.status, created.text).toBe(201);
    expect(created.json).toMatchObject({ key_rate: { requests: 30, per: "60s", burst: 30 } });
    expect(created.headers.get("location")).toBe(`/v1/plans/${body.plan_id}`);
    const read = await ask(mesh, created.headers.get("location") ?? "", { key });
    expect(read.json).toEqual(created.json);
    for (const { headers } of [created, read]) {
      expect(headers.get("etag")).toBe(`"${created.json.etag}"`);
    }
  });

  test("what a service assigns is ignored where a client sends it", async () => {
    const { accountId, key } = await createCustomer(mesh);
    const body = {
      name: "Mine",
      key_id: "key_mine",
      state: "REVOKED",
      create_time: "2001-01-01T00:00:00Z",
    };
    const created = await ask(mesh, "/v1/accounts/-/keys", { key, body });
    expect(created.status, created.text).toBe(201);
    expect(created.json.key).toMatchObject({ account_id: accountId, state: "ACTIVE" });
    const { key_id } = created.json.key;
    expect(key_id).not.toBe("key_mine");
    expect(created.headers.get("location")).toBe(`/v1/accounts/${accountId}/keys/${key_id}`);
  });

  test("a key for another account than that of its path is refused", async () => {
    const { key } = await createCustomer(mesh);
    const body = { name: "Mine", account_id: "acct_other" };
    const { status, json } = await ask(mesh, "/v1/accounts/-/keys", { key, body });
    expect(status).toBe(400);
    expect(json).toMatchObject({ code: "invalid_argument", errors: [{ field: "account_id" }] });
  });

  test("a mistake in a body is named as the client wrote it", async () => {
    const body = { name: "", plan_id: "demo" };
    const { status, json } = await ask(mesh, "/v1/accounts", { key: mesh.adminKey, body });
    expect(status).toBe(400);
    expect(json).toMatchObject({ code: "invalid_argument", errors: [{ field: "name" }] });
  });
});

describe("usage", () => {
  test("comes in minutes, hours, days and months, by dimension, and sums up alike", async () => {
    const { keyId, key } = await createCustomer(mesh);
    for (let i = 0; i < 3; i++) await ask(mesh, "/v1/locations/8.8.8.8", { key });
    await eventually(async () => expect(await countedUnits(mesh, key)).toBe(3));
    for (const granularity of ["minute", "Hour", "DAY", "month"]) {
      const query = `granularity=${granularity}&group_by=key&group_by=operation&time_zone=Asia/Kolkata`;
      const { json } = await ask(mesh, `/v1/accounts/-/usage?${query}`, { key });
      const units = json.rows.map((row: { units: string }) => Number(row.units));
      expect(units.reduce((sum: number, each: number) => sum + each, 0)).toBe(3);
      expect(json.rows.at(-1)).toMatchObject({ key_id: keyId, operation: "GetLocation" });
      expect(json).toMatchObject({ totals: { units: "3", overage_units: "0" }, is_final: false });
    }
  });

  test("comes in pages that have the totals of all", async () => {
    const { key } = await createCustomer(mesh);
    const start = new Date(Date.now() - 3_600_000).toISOString();
    const query = `granularity=minute&include_empty=true&page_size=25&start_time=${start}`;
    const rows: { start_time: string }[] = [];
    let token = "";
    do {
      const path = `/v1/accounts/-/usage?${query}&page_token=${encodeURIComponent(token)}`;
      const { json, text } = await ask(mesh, path, { key });
      expect(json.totals, text).toMatchObject({ units: "0" });
      rows.push(...json.rows);
      token = json.next_page_token;
    } while (token !== "");
    expect(rows.length).toBeGreaterThanOrEqual(60);
    expect(new Set(rows.map(({ start_time }) => start_time)).size).toBe(rows.length);
  });

  test("of the whole installation is the administrator's", async () => {
    const { accountId, key } = await createCustomer(mesh);
    await ask(mesh, "/v1/locations/8.8.8.8", { key });
    expect((await ask(mesh, "/v1/usage", { key })).status).toBe(403);
    await eventually(async () => {
      const { json } = await ask(mesh, "/v1/usage?group_by=account", { key: mesh.adminKey });
      const accounts = json.rows.map((row: { account_id: string }) => row.account_id);
      expect(accounts).toContain(accountId);
    });
  });
});
