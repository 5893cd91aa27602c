import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { DirectoryService } from "@geomesh/proto/es/geomesh/auth/v1/directory_service_pb";
import { createEsClient } from "@geomesh/runtime/grpc/client";
import { eventually } from "@geomesh/testing/eventually";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { ask, type Customer, createCustomer, createKey } from "../support/api.ts";
import { callerAt, startTestMesh, type TestMesh } from "../support/mesh.ts";

const FREE = "/v1/locations/127.0.0.1";
const WAIT = { wait: "20s" };

let mesh: TestMesh;
let customer: Customer;
beforeAll(async () => {
  mesh = await startTestMesh();
  customer = await createCustomer(mesh);
}, 60_000);
afterAll(() => mesh.close());

const newKey = (scopes = ["locations:read"]) => createKey(mesh, customer.accountId, scopes);
/** A call about a key by its customer; a `verb` begins with a colon. */
const change = (keyId: string, verb = "", options: object = {}) =>
  ask(mesh, `/v1/accounts/-/keys/${keyId}${verb}`, { key: customer.key, ...options });
const post = (keyId: string, verb: string, body: object = {}) => change(keyId, verb, { body });
const statusOf = async (key: string) => {
  const { status, json } = await ask(mesh, FREE, { key });
  return status === 200 ? "200" : `${status} ${json.code}`;
};
const complete = { is_complete: true, pending_gateway_ids: [] };

test.each([
  [":revoke", "401 key_invalid"],
  [":disable", "403 key_disabled"],
])("%s with a wait answers when the gateway refuses the key", async (verb, refusal) => {
  const { keyId, key } = await newKey();
  const { status, json } = await post(keyId, verb, WAIT);
  expect([status, json.propagation]).toMatchObject([200, complete]);
  expect(await statusOf(key)).toBe(refusal);
});

test("DELETE revokes a key and answers it; with a wait it is refused by then", async () => {
  const { keyId, key } = await newKey();
  const { status, json } = await change(keyId, "?wait=20s", { method: "DELETE" });
  expect([status, json.state, json.key_id]).toEqual([200, "REVOKED", keyId]);
  expect(await statusOf(key)).toBe("401 key_invalid");
});

test("a revocation names the gateway that has not said that it refuses the key, and waits for no other", async () => {
  const directory = createEsClient(DirectoryService, {
    ...{ ...callerAt(mesh, "gateway", "auth"), deadlineMs: 10_000 },
  });
  onTestFinished(() => directory.close());
  const followerId = "a-silent-gateway";
  const { keyId, key } = await newKey();
  await directory.acknowledgeChanges({ followerId });
  const { json } = await post(keyId, ":revoke", { wait: "0.5s" });
  const pending = { is_complete: false, pending_gateway_ids: [followerId] };
  expect(json.propagation).toMatchObject(pending);
  expect(await statusOf(key)).toBe("401 key_invalid");
  await directory.acknowledgeChanges({ followerId, isLeaving: true });
  const again = await post(keyId, ":revoke", WAIT);
  expect(again.json.propagation).toEqual({ ...json.propagation, ...complete });
});

test("after kill -9 and a restart of the gateway a revocation waits for the new process alone", async () => {
  await mesh.kill("gateway");
  await mesh.start("gateway");
  const { keyId, key } = await newKey();
  const { status, json } = await post(keyId, ":revoke", { wait: "5s" });
  expect([status, json.propagation]).toMatchObject([200, complete]);
  expect(await statusOf(key)).toBe("401 key_invalid");
}, 30_000);

test("when a key was last used is told by the minute, and changes no etag", async () => {
  const directory = createEsClient(DirectoryService, {
    ...{ ...callerAt(mesh, "gateway", "auth"), deadlineMs: 10_000 },
  });
  onTestFinished(() => directory.close());
  const { json: made } = await ask(mesh, "/v1/accounts/-/keys", {
    ...{ key: customer.key, body: { name: "unused" } },
  });
  expect(made.key.last_used_time).toBeNull();
  const useTime = timestampFromDate(new Date("2026-01-02T03:04:05Z"));
  await directory.reportKeyUse({ uses: [{ keyId: made.key.key_id, useTime }] });
  const { json } = await change(made.key.key_id);
  expect(json).toEqual({ ...made.key, last_used_time: "2026-01-02T03:04:00Z" });
});

test("a disabled key that is enabled is accepted again", async () => {
  const { keyId, key } = await newKey();
  await post(keyId, ":disable", WAIT);
  expect((await post(keyId, ":enable")).json.key.state).toBe("ACTIVE");
  await eventually(async () => expect(await statusOf(key)).toBe("200"));
});

test("of a rotation with an overlap both keys work, and of one without it the new key alone", async () => {
  const first = await newKey();
  const { json: second } = await post(first.keyId, ":rotate", { overlap: "600s" });
  expect([await statusOf(first.key), await statusOf(second.secret)]).toEqual(["200", "200"]);
  const { json: third } = await post(second.key.key_id, ":rotate");
  expect(third.replaced_key).toMatchObject({ replaced_by_key_id: third.key.key_id });
  await eventually(async () => expect(await statusOf(second.secret)).toBe("401 key_invalid"));
  expect([await statusOf(first.key), await statusOf(third.secret)]).toEqual(["200", "200"]);
});

test("PATCH changes what it names, PUT everything, and neither by an etag of before", async () => {
  const { keyId } = await newKey();
  const body = { allowed_cidrs: ["192.0.2.1"], metadata: { a: "b" } };
  const patched = await change(keyId, "?update_mask=allowed_cidrs,metadata", {
    ...{ method: "PATCH", body: { ...body, name: "not named" } },
  });
  const expected = { name: "Key", allowed_cidrs: ["192.0.2.1/32"], metadata: { a: "b" } };
  expect(patched.json).toMatchObject(expected);
  expect(patched.headers.get("etag")).toBe(`"${patched.json.etag}"`);
  const put = await change(keyId, "", { method: "PUT", body: { name: "plain" } });
  expect(put.json).toMatchObject({ name: "plain", allowed_cidrs: [], metadata: {} });
  for (const [method, query, stale] of [
    ["PUT", `?etag=${patched.json.etag}`, {}],
    ["PATCH", "", { etag: patched.json.etag }],
  ] as const) {
    const late = await change(keyId, query, { method, body: { name: "late", ...stale } });
    expect([late.status, late.json.code]).toEqual([412, "etag_mismatch"]);
  }
  const same = { method: "PATCH", body: { name: "new", etag: put.json.etag } };
  expect((await change(keyId, "", same)).json.name).toBe("new");
});

test.each([
  ["PATCH", "", { scopes: ["admin"] }, 403, "scope_missing"],
  ["PUT", "", { name: "x", scopes: ["keys:read", "admin:read"] }, 403, "scope_missing"],
  ["PATCH", "", { allowed_cidrs: ["192.0.2.1/24"] }, 400, "invalid_argument"],
  ["PATCH", "?update_mask=state", { name: "x" }, 400, "invalid_argument"],
  ["POST", ":rotate", { overlap: "2592001s" }, 400, "invalid_argument"],
  ["POST", ":revoke", { wait: "31s" }, 400, "invalid_argument"],
])("%s%s with %o is refused: %i %s", async (method, verb, body, status, code) => {
  const { keyId } = await newKey();
  const refused = await change(keyId, verb, { method, body });
  expect([refused.status, refused.json.code]).toEqual([status, code]);
});

test("a key takes over no stronger one, and may disable and revoke it", async () => {
  const { keyId } = await newKey(["admin"]);
  for (const verb of [":rotate", ":enable"]) {
    expect((await post(keyId, verb)).json).toMatchObject({ status: 403, code: "scope_missing" });
  }
  const renaming = await change(keyId, "", { method: "PATCH", body: { name: "mine" } });
  expect(renaming.json).toMatchObject({ status: 403, code: "scope_missing" });
  expect((await post(keyId, ":disable")).status).toBe(200);
  expect((await post(keyId, ":revoke")).status).toBe(200);
  const over = await post(keyId, ":rotate");
  expect([over.status, over.json.code]).toEqual([403, "scope_missing"]);
});

test("the last administrator stays", async () => {
  const key = mesh.adminKey;
  const { json } = await ask(mesh, "/v1/accounts/-/keys", { key });
  const [admin] = json.keys;
  for (const [method, verb] of [
    ["DELETE", ""],
    ["POST", ":disable"],
    ["POST", ":revoke"],
  ] as const) {
    const refused = await ask(mesh, `/v1/accounts/-/keys/${admin.key_id}${verb}`, { key, method });
    expect([refused.status, refused.json.code]).toEqual([400, "last_administrator"]);
  }
  expect(await statusOf(key)).toBe("200");
});
