import { Key_State } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import { AuditActor_Kind } from "@geomesh/proto/grpc/geomesh/auth/v1/audit";
import {
  ListAllAuditEventsRequest,
  ListAuditEventsRequest,
} from "@geomesh/proto/grpc/geomesh/auth/v1/auth_service";
import { onBehalfOfMetadata } from "@geomesh/runtime/grpc/on-behalf-of";
import { afterAll, beforeAll, expect, test } from "vitest";
import { AS_IT_IS, anotherAccount, createTestAccount, KEY } from "../testing/records.ts";
import {
  startTestAuth,
  startTestMesh,
  type TestAuth,
  type TestMesh,
} from "../testing/start-test-auth.ts";

let mesh: TestMesh;
let auth: TestAuth;
/** Has a key, which was revoked. */
let accountId = "";
let keyId = "";
let otherId = "";
let otherKeyId = "";
beforeAll(async () => {
  mesh = await startTestMesh();
  auth = await startTestAuth(mesh);
  accountId = await createTestAccount(auth);
  otherId = await anotherAccount(auth);
  otherKeyId = await createKeyBy(otherId, otherId);
  keyId = await createKeyBy(accountId, accountId);
  await auth.client.revokeKey({ ...AS_IT_IS, accountId, keyId }, by(otherId));
});
afterAll(async () => {
  await auth.close();
  await mesh.close();
});

function by(callerId: string) {
  const context = {
    keyId: `key_of_${callerId}`,
    accountId: callerId,
    clientAddress: "192.0.2.1",
    idempotencyKey: "",
  };
  return { metadata: { "x-request-id": "r-1", ...onBehalfOfMetadata(context) } };
}

async function createKeyBy(ownerId: string, callerId: string): Promise<string> {
  const { key } = await auth.client.createKey({ accountId: ownerId, key: KEY }, by(callerId));
  return key?.keyId ?? "";
}

const list = (fields: Partial<ListAuditEventsRequest> = {}) =>
  auth.client.listAuditEvents(ListAuditEventsRequest.fromPartial({ accountId, ...fields }));
const listAll = (fields: Partial<ListAllAuditEventsRequest> = {}) =>
  auth.client.listAllAuditEvents(ListAllAuditEventsRequest.fromPartial(fields));
const actionsOf = ({ auditEvents }: Awaited<ReturnType<typeof list>>) =>
  auditEvents.map(({ action }) => action);

test("an account sees the changes of itself and its keys, newest first, and nothing of others", async () => {
  const { auditEvents, nextPageToken } = await list();
  expect(nextPageToken).toBe("");
  expect(auditEvents).toMatchObject([
    { action: "RevokeKey", accountId, after: { resource: { value: { keyId } } } },
    { action: "CreateKey", accountId, after: { resource: { value: { keyId } } } },
    { action: "CreateAccount", accountId, after: { resource: { value: { accountId } } } },
  ]);
  const [revoked, , created] = auditEvents;
  expect(revoked?.before?.resource?.value).toMatchObject({ state: Key_State.ACTIVE });
  expect(revoked?.after?.resource?.value).toMatchObject({ state: Key_State.REVOKED });
  expect(created?.before).toBeUndefined();
  expect(created?.actor).toMatchObject({ kind: AuditActor_Kind.OPERATOR, keyId: "" });
});

test("whoever acts for another account is told without the address, but to those who see all", async () => {
  const { auditEvents } = await list();
  expect(auditEvents.map(({ actor }) => [actor?.accountId, actor?.clientAddress])).toEqual([
    [otherId, ""],
    [accountId, "192.0.2.0/24"],
    ["", ""],
  ]);
  const [newest] = (await listAll()).auditEvents;
  expect(newest?.actor?.accountId).toBe(otherId);
  expect(newest?.actor?.clientAddress).toBe("192.0.2.0/24");
});

test("all changes are listed with those of plans", async () => {
  expect(actionsOf(await listAll())).toEqual([
    ...["RevokeKey", "CreateKey", "CreateKey"],
    ...["CreateAccount", "CreateAccount", "CreatePlan"],
  ]);
});

test("filters by action, key, resource and time hold together", async () => {
  expect(actionsOf(await list({ action: "CreateKey" }))).toEqual(["CreateKey"]);
  expect(actionsOf(await list({ action: "createkey" }))).toEqual([]);
  expect(actionsOf(await listAll({ resourceId: "starter" }))).toEqual(["CreatePlan"]);
  expect(actionsOf(await listAll({ resourceId: otherKeyId }))).toEqual(["CreateKey"]);
  const byOther = { keyId: `key_of_${otherId}` };
  expect(actionsOf(await listAll(byOther))).toEqual(["RevokeKey", "CreateKey"]);
  expect(actionsOf(await listAll({ ...byOther, resourceId: keyId }))).toEqual(["RevokeKey"]);

  const { auditEvents } = await listAll();
  const [newest] = auditEvents;
  const time = newest?.eventTime ?? new Date(0);
  const since = auditEvents.filter(({ eventTime }) => eventTime && eventTime >= time);
  expect((await listAll({ startTime: time })).auditEvents).toEqual(since);
  const before = auditEvents.filter(({ eventTime }) => eventTime && eventTime < time);
  expect((await listAll({ endTime: time })).auditEvents).toEqual(before);
});

test("pages have every event once, and their tokens belong to one account and one filter", async () => {
  const found: string[] = [];
  let pageToken = "";
  do {
    const page = await listAll({ pageSize: 2, pageToken });
    expect(page.auditEvents.length).toBeLessThanOrEqual(2);
    found.push(...page.auditEvents.map(({ eventId }) => eventId));
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  expect(found).toEqual((await listAll()).auditEvents.map(({ eventId }) => eventId));

  const { nextPageToken } = await list({ pageSize: 1 });
  const refused = { reason: "PAGE_TOKEN_INVALID" };
  await expect(listAll({ pageToken: nextPageToken })).rejects.toMatchObject(refused);
  const filtered = list({ pageToken: nextPageToken, action: "CreateKey" });
  await expect(filtered).rejects.toMatchObject(refused);
  const another = list({ pageToken: nextPageToken, accountId: otherId });
  await expect(another).rejects.toMatchObject(refused);
});

test("a filter that cannot be meant is refused by its field", async () => {
  const moment = new Date("2026-11-01T00:00:00Z");
  const refused = (field: string) => ({ reason: "INVALID_ARGUMENT", fields: [{ field }] });
  await expect(list({ startTime: moment, endTime: moment })).rejects.toMatchObject(
    refused("end_time"),
  );
  await expect(list({ action: "a\nb" })).rejects.toMatchObject(refused("action"));
  await expect(list({ accountId: "acct_none0000000000" })).rejects.toMatchObject({
    reason: "ACCOUNT_NOT_FOUND",
  });
});
