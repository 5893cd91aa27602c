import type { AcknowledgeChangesRequest } from "@geomesh/proto/grpc/geomesh/auth/v1/directory_service";
import { eventually } from "@geomesh/testing/eventually";
import { createTestClock } from "@geomesh/testing/test-clock";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { openAuthDatabase } from "../testing/open-auth-database.ts";
import { AS_IT_IS, createTestAccount, createTestKey } from "../testing/records.ts";
import {
  startTestAuth,
  startTestMesh,
  type TestAuth,
  type TestMesh,
} from "../testing/start-test-auth.ts";

let mesh: TestMesh;
let auth: TestAuth;
let other: TestAuth;
let accountId: string;
let historyId: string;
const clock = createTestClock();
beforeAll(async () => {
  mesh = await startTestMesh();
  auth = await startTestAuth(mesh, {}, { clock });
  other = await startTestAuth(mesh, {}, { clock });
  accountId = await createTestAccount(auth);
  for await (const message of auth.directory.watchChanges({ historyId: "", afterRevision: 0n })) {
    ({ historyId } = message);
    break;
  }
});
afterAll(async () => {
  await other.close();
  await auth.close();
  await mesh.close();
});
beforeEach(async () => {
  const { db, close } = await openAuthDatabase(mesh.databaseUrl);
  await db.deleteFrom("followers").execute();
  await close();
});

const FAR = 1_000_000n;
const SECONDS_30 = { seconds: 30n, nanos: 0 };
const A_MOMENT = { seconds: 0n, nanos: 60_000_000 };

const acknowledge = (
  followerId: string,
  more: Partial<AcknowledgeChangesRequest> = {},
  by = auth,
) =>
  by.directory.acknowledgeChanges({
    followerId,
    historyId,
    revision: 0n,
    isLeaving: false,
    ...{ place: Buffer.alloc(0), epoch: 0n, stalenessMaxMs: 0 },
    ...more,
  });

async function aKey() {
  const { key } = await createTestKey(auth, accountId);
  return { ...AS_IT_IS, accountId, keyId: key.keyId };
}

test("where nobody follows, a revocation is complete at once", async () => {
  const { propagation } = await auth.client.revokeKey({ ...(await aKey()), wait: SECONDS_30 });
  expect(propagation).toMatchObject({ isComplete: true, pendingGatewayIds: [] });
});

test("without a wait, the answer names those that have not said that they hold it", async () => {
  await acknowledge("gateway-a", { revision: FAR });
  await acknowledge("gateway-b");
  const { propagation } = await auth.client.revokeKey(await aKey());
  expect(propagation).toMatchObject({ isComplete: false, pendingGatewayIds: ["gateway-b"] });
});

test.each(["revokeKey", "disableKey", "deleteKey"] as const)(
  "%s with a wait answers as soon as the last gateway holds it, whichever auth hears of that",
  async (call) => {
    await acknowledge("gateway-a", { revision: FAR });
    await acknowledge("gateway-b");
    const key = await aKey();
    const answered = auth.client[call]({ ...key, wait: SECONDS_30 });
    let isAnswered = false;
    answered.then(() => {
      isAnswered = true;
    });
    await acknowledge("gateway-b", { revision: 1n }, other);
    const { propagation: before } = await other.client.revokeKey(await aKey());
    expect([isAnswered, before?.pendingGatewayIds]).toEqual([false, ["gateway-b"]]);
    await acknowledge("gateway-b", { revision: FAR }, other);
    const { propagation } = await answered;
    expect(propagation).toMatchObject({ isComplete: true, pendingGatewayIds: [] });
  },
);

test("after the wait the answer names who is left, and the revocation stands", async () => {
  await acknowledge("gateway-b");
  const key = await aKey();
  const answered = auth.client.deleteKey({ ...key, wait: A_MOMENT });
  const revokeTime = async () => (await auth.client.getKey(key)).key?.revokeTime;
  await eventually(async () => expect(await revokeTime()).toBeDefined());
  clock.advance(60);
  const { propagation } = await answered;
  expect(propagation).toMatchObject({ isComplete: false, pendingGatewayIds: ["gateway-b"] });
  await acknowledge("gateway-b", { revision: FAR });
  const again = await auth.client.revokeKey({ ...key, wait: SECONDS_30 });
  expect(again.propagation).toEqual({ ...propagation, isComplete: true, pendingGatewayIds: [] });
});

test("what is held of another history does not count, and in one history nobody goes back", async () => {
  await acknowledge("gateway-a", { historyId: "other", revision: FAR });
  await acknowledge("gateway-b", { revision: FAR });
  await acknowledge("gateway-b", { revision: 1n });
  const { propagation } = await auth.client.revokeKey(await aKey());
  expect(propagation?.pendingGatewayIds).toEqual(["gateway-a"]);
});

test("nobody waits for a gateway that has left, or was silent for so long that it accepts no key", async () => {
  await acknowledge("gateway-left");
  await acknowledge("gateway-left", { isLeaving: true });
  await acknowledge("gateway-silent");
  clock.advance(64_999);
  const early = await auth.client.revokeKey(await aKey());
  expect(early.propagation?.pendingGatewayIds).toEqual(["gateway-silent"]);
  clock.advance(1);
  const late = await auth.client.revokeKey(await aKey());
  expect(late.propagation?.isComplete).toBe(true);
});

/** The revocation of a key, and how long after it it is safe, in milliseconds. */
async function revocation() {
  const { key, propagation } = await auth.client.revokeKey(await aKey());
  const safeAfterMs = Number(propagation?.safeTime) - Number(key?.revokeTime);
  return { pending: propagation?.pendingGatewayIds, safeAfterMs };
}

test("each gateway counts for as long as it says that it accepts keys, and what is safe goes by the longest", async () => {
  expect(await revocation()).toEqual({ pending: [], safeAfterMs: 65_000 });
  await acknowledge("gateway-short", { stalenessMaxMs: 5_000 });
  expect(await revocation()).toEqual({ pending: ["gateway-short"], safeAfterMs: 10_000 });
  await acknowledge("gateway-long", { stalenessMaxMs: 3_600_000 });
  const both = ["gateway-long", "gateway-short"];
  expect(await revocation()).toEqual({ pending: both, safeAfterMs: 3_605_000 });
  clock.advance(9_999);
  expect((await revocation()).pending).toEqual(both);
  clock.advance(1);
  expect(await revocation()).toEqual({ pending: ["gateway-long"], safeAfterMs: 3_605_000 });
  clock.advance(3_594_999);
  await acknowledge("gateway-short", { stalenessMaxMs: 5_000 });
  expect((await revocation()).pending).toEqual(both);
  clock.advance(1);
  expect(await revocation()).toEqual({ pending: ["gateway-short"], safeAfterMs: 10_000 });
});

test("a gateway that lost its connection stays named, until it comes back and says that it holds the change", async () => {
  await acknowledge("gateway-cut-off");
  clock.advance(30_000);
  const key = await aKey();
  const answered = auth.client.revokeKey({ ...key, wait: SECONDS_30 });
  expect((await revocation()).pending).toEqual(["gateway-cut-off"]);
  await acknowledge("gateway-cut-off", { revision: FAR });
  expect((await answered).propagation).toMatchObject({ isComplete: true, pendingGatewayIds: [] });
});

test("a process takes the place of the one that ran there before, also when that is heard late", async () => {
  const [here, copy] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
  await acknowledge("gateway-killed", { place: here, epoch: 7n });
  await acknowledge("gateway-copied", { place: copy, epoch: 7n });
  await acknowledge("gateway-placeless", { epoch: 7n });
  await acknowledge("gateway-started", { place: here, epoch: 8n });
  const living = ["gateway-copied", "gateway-placeless", "gateway-started"];
  expect((await revocation()).pending).toEqual(living);
  await acknowledge("gateway-killed", { place: here, epoch: 7n });
  expect((await revocation()).pending).toContain("gateway-started");
  await acknowledge("gateway-started", { place: here, epoch: 8n });
  expect((await revocation()).pending).toEqual(living);
});

test("followers that were silent for 10 minutes are forgotten, unless they may still accept keys", async () => {
  await acknowledge("gateway-silent");
  await acknowledge("gateway-patient", { stalenessMaxMs: 3_600_000 });
  clock.advance(600_001);
  await acknowledge("gateway-a");
  const { db, close } = await openAuthDatabase(mesh.databaseUrl);
  const rows = await db
    .selectFrom("followers")
    .select("follower_id")
    .orderBy("follower_id")
    .execute();
  await close();
  expect(rows.map(({ follower_id }) => follower_id)).toEqual(["gateway-a", "gateway-patient"]);
});

test("a wait of more than 30 seconds is refused, before anything is revoked", async () => {
  const key = await aKey();
  const wait = { seconds: 31n, nanos: 0 };
  await expect(auth.client.revokeKey({ ...key, wait })).rejects.toMatchObject({
    fields: [{ field: "wait" }],
  });
  expect((await auth.client.getKey(key)).key?.revokeTime).toBeUndefined();
});
