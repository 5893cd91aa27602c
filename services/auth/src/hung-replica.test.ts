import { fileURLToPath } from "node:url";
import { AuthServiceService } from "@geomesh/proto/grpc/geomesh/auth/v1/auth_service";
import { createTsProtoClient } from "@geomesh/runtime/grpc/client";
import { eventually } from "@geomesh/testing/eventually";
import { freePort } from "@geomesh/testing/free-port";
import { postgresSessionForTest } from "@geomesh/testing/postgres-session";
import { startStoppableChild } from "@geomesh/testing/stoppable-child";
import { createTestCallers } from "@geomesh/testing/test-callers";
import { expect, onTestFinished, test } from "vitest";
import { AUTH_STREAM, KEY_CREATED } from "./publish/events.ts";
import { AS_IT_IS, createTestAccount, createTestKey, FIRST_PAGE, KEY } from "./testing/records.ts";
import { startTestAuth, startTestMesh, type TestMesh } from "./testing/start-test-auth.ts";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));
/** Far more than the 5 s that one replica may block another, so that a busy machine changes no verdict. */
const UNBLOCKED_MS_MAX = 20_000;

async function startMesh() {
  const mesh = await startTestMesh();
  onTestFinished(() => mesh.close());
  const auth = await startTestAuth(mesh);
  onTestFinished(() => auth.close());
  return { mesh, auth };
}

/** Another replica of auth, as a process of its own, and a client of it. */
async function startReplica({ nats, databaseUrl }: TestMesh) {
  const callers = createTestCallers();
  onTestFinished(callers.remove);
  const port = await freePort();
  const child = startStoppableChild(MAIN, {
    ...{ AUTH_PORT: `${port}`, AUTH_OPS_PORT: `${await freePort()}` },
    AUTH_CALLERS_FILE: callers.file,
    ...{ AUTH_DATABASE_URL: databaseUrl, NATS_URL: nats.urlOf("auth"), LOG_LEVEL: "error" },
  });
  onTestFinished(() => child.kill());
  const options = {
    address: `127.0.0.1:${port}`,
    deadlineMs: 60_000,
    token: callers.tokenOf("operator"),
  };
  const client = createTsProtoClient(AuthServiceService, options);
  onTestFinished(() => client.close());
  await eventually(() => client.listPlans(FIRST_PAGE), { deadlineMs: 30_000 });
  return { child, client };
}

test("an auth that hangs inside a transaction does not stop another from revoking, and does nothing of it when it goes on", async () => {
  const { mesh, auth } = await startMesh();
  const accountId = await createTestAccount(auth);
  const { key } = await createTestKey(auth, accountId);
  const { child, client } = await startReplica(mesh);

  // The replica stops where it waits for the row that every writer locks, and then holds it.
  const holder = await postgresSessionForTest(mesh.databaseUrl);
  await holder.run("SET idle_in_transaction_session_timeout = 0");
  await holder.run("BEGIN");
  await holder.run("SELECT FROM revision_counter FOR UPDATE");
  const hung = client.createKey({ accountId, key: KEY }).catch((error: unknown) => error);
  const watcher = await postgresSessionForTest(mesh.databaseUrl);
  await eventually(async () => (await watcher.lockWaits("revision_counter")) === 1);
  await child.stop();
  await holder.run("COMMIT");
  // Only then is the row its own: until it wakes, whoever comes may take the row before it.
  await eventually(async () => (await watcher.idleInTransaction("revision_counter")) === 1);

  const revoked = await eventually(
    () => auth.client.revokeKey({ ...AS_IT_IS, accountId, keyId: key.keyId }),
    {
      deadlineMs: UNBLOCKED_MS_MAX,
    },
  );
  expect(revoked.key?.keyId).toBe(key.keyId);
  child.resume();
  expect(await hung).toMatchObject({ kind: "unavailable" });
  const { keys } = await auth.client.listKeys({
    accountId,
    pageSize: 0,
    pageToken: "",
    state: 0,
    mode: 0,
  });
  expect(keys).toHaveLength(1);
  await createTestKey({ client } as typeof auth, accountId);
}, 60_000);

test("an auth that hangs while it publishes does not stop another from publishing", async () => {
  const { mesh, auth } = await startMesh();
  const accountId = await createTestAccount(auth);
  const hung = await postgresSessionForTest(mesh.databaseUrl);
  await hung.run("BEGIN");
  await hung.run("SELECT pg_advisory_xact_lock(7203145001)");
  const { key } = await createTestKey(auth, accountId);
  const heard: string[] = [];
  const consumer = mesh.events.consume(
    { stream: AUTH_STREAM.name, durable: "test", event: KEY_CREATED },
    async ({ keyId }) => {
      heard.push(keyId);
      return "ack";
    },
  );
  onTestFinished(() => consumer.close());
  await eventually(() => heard.includes(key.keyId), { deadlineMs: UNBLOCKED_MS_MAX });
}, 60_000);
