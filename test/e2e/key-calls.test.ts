import { randomUUID } from "node:crypto";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { meshEnvironment } from "@geomesh/launcher/testing/mesh-environment";
import { AuthService } from "@geomesh/proto/es/geomesh/auth/v1/auth_service_pb";
import type { Env } from "@geomesh/runtime/config";
import { eventually } from "@geomesh/testing/eventually";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask, type Customer, createCustomer, createKey } from "../support/api.ts";
import { startGateway } from "../support/gateway.ts";
import { startTestMesh, type TestMesh } from "../support/mesh.ts";

const SCOPES = ["locations:read", "keys:read", "keys:write"];

let settings: Env;
let mesh: TestMesh;
let customer: Customer;
beforeAll(async () => {
  settings = await meshEnvironment();
  mesh = await startTestMesh(settings);
  customer = await createCustomer(mesh);
}, 60_000);
afterAll(() => mesh.close());

const newKey = (idempotencyKey: string, key: string, name = "made once") =>
  ask(mesh, "/v1/accounts/-/keys", {
    key,
    body: { name },
    headers: { "idempotency-key": idempotencyKey },
  });

async function keyNames(): Promise<string[]> {
  const path = `/v1/accounts/${customer.accountId}/keys?page_size=500`;
  const { json } = await ask(mesh, path, { key: mesh.adminKey });
  return json.keys.map(({ name }: { name: string }) => name);
}

const change = (keyId: string, body: unknown, headers: Record<string, string> = {}) =>
  ask(mesh, `/v1/accounts/${customer.accountId}/keys/${keyId}`, {
    ...{ method: "PATCH", key: mesh.adminKey, body, headers },
  });

describe("a request with an Idempotency-Key", () => {
  test("that is sent again gets the first answer, headers included, also at the same time", async () => {
    const id = randomUUID();
    const name = `twin ${id}`;
    const twins = await Promise.all([1, 2, 3].map(() => newKey(id, customer.key, name)));
    const again = await newKey(`"${id}"`, customer.key, name);
    for (const each of [...twins, again]) {
      expect([each.status, each.text]).toEqual([201, again.text]);
      expect(each.headers.get("location")).toBe(again.headers.get("location"));
    }
    expect((await keyNames()).filter((each) => each === name)).toHaveLength(1);
    expect(await newKey(id, customer.key, "another")).toMatchObject({
      status: 422,
      json: { code: "idempotency_key_reused" },
    });
  });

  test("is the same by Connect and gRPC", async () => {
    const { baseUrl } = mesh;
    const id = randomUUID();
    const name = `by all ${id}`;
    const first = await newKey(id, customer.key, name);
    const headers = { "x-api-key": customer.key, "idempotency-key": id };
    for (const transport of [
      createConnectTransport({ baseUrl, httpVersion: "1.1" }),
      createGrpcTransport({ baseUrl }),
    ]) {
      const auth = createClient(AuthService, transport);
      const made = await auth.createKey({ accountId: "-", key: { name } }, { headers });
      expect(made.secret).toBe(first.json.secret);
      const other = auth.createKey({ accountId: "-", key: { name: "another" } }, { headers });
      await expect(other).rejects.toMatchObject({ rawMessage: expect.stringMatching(/another/) });
      const malformed = { headers: { ...headers, "idempotency-key": "a b" } };
      await expect(
        auth.createKey({ accountId: "-", key: { name } }, malformed),
      ).rejects.toMatchObject({ rawMessage: expect.stringMatching(/^Idempotency-Key must be /) });
    }
  });

  test("whose caller may no longer send it gets no answer again", async () => {
    const { keyId, key } = await createKey(mesh, customer.accountId, SCOPES);
    const id = randomUUID();
    const { status, json } = await newKey(id, key);
    expect(status).toBe(201);
    const { secret } = json;
    expect(await change(keyId, { scopes: ["locations:read"] })).toMatchObject({ status: 200 });
    await eventually(async () => {
      const refused = await newKey(id, key);
      expect([refused.status, refused.json.code]).toEqual([403, "scope_missing"]);
      expect(refused.text).not.toContain(secret);
    });
  });

  test("that is malformed is refused, and the header is named", async () => {
    for (const malformed of ["a b", '"a', "k".repeat(256)]) {
      expect(await newKey(malformed, customer.key)).toMatchObject({
        status: 400,
        json: { errors: [{ field: "Idempotency-Key" }] },
      });
    }
  });
});

test("a key is changed under If-Match only as the version that it is", async () => {
  const { keyId } = await createKey(mesh, customer.accountId, SCOPES);
  const read = await ask(mesh, `/v1/accounts/${customer.accountId}/keys/${keyId}`, {
    key: mesh.adminKey,
  });
  const etag = read.headers.get("etag") ?? "";
  const rename = (name: string, ifMatch: string) =>
    change(keyId, { name }, { "if-match": ifMatch });
  const renamed = await rename("first", etag);
  expect(renamed.status).toBe(200);
  expect(await rename("second", etag)).toMatchObject({
    status: 412,
    json: { code: "etag_mismatch" },
  });
  expect(await rename("second", `W/${renamed.headers.get("etag")}`)).toMatchObject({ status: 200 });
  expect(await rename("third", "*")).toMatchObject({ status: 200, json: { name: "third" } });
  expect(await rename("fourth", '"1", "2"')).toMatchObject({
    status: 400,
    json: { errors: [{ field: "If-Match" }] },
  });
});

test("a key that is restricted while it is in use is refused elsewhere, within a second or so", async () => {
  const { keyId, key } = await createKey(mesh, customer.accountId, SCOPES);
  const locate = (headers: Record<string, string> = {}) =>
    ask(mesh, "/v1/locations/127.0.0.1", { key, headers });
  expect((await locate()).status).toBe(200);
  await change(keyId, { allowed_cidrs: ["192.0.2.0/24", "2001:db8::/32"] });
  await eventually(async () =>
    expect((await locate()).json).toMatchObject({ code: "address_forbidden" }),
  );
  const origin = "https://app.example";
  await change(keyId, { allowed_cidrs: ["127.0.0.0/8"], allowed_origins: [origin] });
  await eventually(async () => expect((await locate({ origin })).status).toBe(200));
  expect((await locate({ origin })).headers.get("access-control-allow-origin")).toBe(origin);
  expect((await locate()).json).toMatchObject({ code: "origin_forbidden" });
});

test("a gateway that ends tells when it last met a key, whatever it answered, and of no key that it refused", async () => {
  const { accountId } = customer;
  const [used, unused] = [
    await createKey(mesh, accountId, SCOPES),
    await ask(mesh, `/v1/accounts/${accountId}/keys`, {
      key: mesh.adminKey,
      body: { name: "elsewhere", allowed_cidrs: ["192.0.2.0/24"] },
    }),
  ];
  const gateway = await startGateway(mesh, settings);
  const there = { baseUrl: gateway.baseUrl, demoKey: mesh.demoKey };
  const secret: string = unused.json.secret;
  await eventually(async () => {
    expect((await ask(there, "/v1/plans", { key: used.key })).status).toBe(403);
    expect((await ask(there, "/v1/locations/me", { key: secret })).status).toBe(403);
  });
  const usedMs = Date.now();
  await gateway.close();
  const lastUsed = async (keyId: string) => {
    const read = await ask(mesh, `/v1/accounts/${accountId}/keys/${keyId}`, { key: mesh.adminKey });
    return read.json.last_used_time;
  };
  const toldMs = Date.parse(await lastUsed(used.keyId));
  expect(toldMs).toBeGreaterThan(usedMs - 120_000);
  expect(toldMs % 60_000).toBe(0);
  expect(await lastUsed(unused.json.key.key_id)).toBeNull();
});
