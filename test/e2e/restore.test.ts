import process from "node:process";
import { AuthService } from "@geomesh/proto/es/geomesh/auth/v1/auth_service_pb";
import { DirectoryService } from "@geomesh/proto/es/geomesh/auth/v1/directory_service_pb";
import { QuotaMode } from "@geomesh/proto/es/geomesh/common/v1/quota_mode_pb";
import { MeteringService } from "@geomesh/proto/es/geomesh/metering/v1/metering_service_pb";
import { createEsClient } from "@geomesh/runtime/grpc/client";
import { eventually } from "@geomesh/testing/eventually";
import { startTestPostgres, type TestPostgres } from "@geomesh/testing/postgres";
import { Client } from "pg";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { ask } from "../support/api.ts";
import { callerAt, startTestMesh, type TestMesh } from "../support/mesh.ts";

const PLAN_ID = "restored";
const QUOTA = 777n;

let postgres: TestPostgres;
let databaseUrl: string;
let mesh: TestMesh;

beforeAll(async () => {
  postgres = await startTestPostgres();
  databaseUrl = await postgres.createDatabase();
  mesh = await startTestMesh({ AUTH_DATABASE_URL: databaseUrl });
}, 60_000);
afterAll(async () => {
  await mesh.close();
  await postgres.stop();
});

/** Runs statements about databases on the server of auth's database, named as `live` and `backup`. */
async function inServer(...statements: ((live: string, backup: string) => string)[]) {
  const url = new URL(databaseUrl);
  const live = url.pathname.slice(1);
  url.pathname = "/postgres";
  const client = new Client({ connectionString: url.href });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement(live, `${live}_backup`));
  } finally {
    await client.end();
  }
}

/** Clients of the services themselves, which need no gateway. */
function clients() {
  const { addresses, operatorToken: token } = mesh;
  const [auth, metering] = [addresses.auth, addresses.metering];
  const gateway = callerAt(mesh, "gateway", "auth");
  const made = {
    auth: createEsClient(AuthService, { address: auth, deadlineMs: 5_000, token }),
    directory: createEsClient(DirectoryService, { ...gateway, deadlineMs: 5_000 }),
    metering: createEsClient(MeteringService, { address: metering, deadlineMs: 5_000, token }),
  };
  onTestFinished(() => {
    for (const client of Object.values(made)) client.close();
  });
  return made;
}

type Clients = ReturnType<typeof clients>;

async function createPlan({ auth }: Clients) {
  const limits = { monthlyQuota: QUOTA, quotaMode: QuotaMode.HARD, keyRate: { requests: 1_000 } };
  await auth.createPlan({ plan: { planId: PLAN_ID, name: "Restored", ...limits } });
}

async function createAccount({ auth }: Clients, name: string) {
  const { account } = await auth.createAccount({ account: { name, planId: PLAN_ID } });
  return account?.accountId ?? "";
}

async function createKey({ auth }: Clients, accountId: string) {
  const wanted = { name: "Key", scopes: ["locations:read"] };
  const { key, secret } = await auth.createKey({ accountId, key: wanted });
  return { accountId, keyId: key?.keyId ?? "", secret };
}

/** The history and the newest revision of auth, which may take two seconds to be found again after a start. */
function head({ directory }: Clients) {
  return eventually(async () => {
    for await (const message of directory.watchChanges({})) {
      const { historyId, completeThroughRevision: revision } = message;
      if (revision !== undefined) return { historyId, revision };
    }
    throw new Error("auth ended the stream");
  });
}

/** The quota by metering. */
async function limit({ metering }: Clients, accountId: string) {
  return (await metering.getQuota({ accountId })).quota?.limit;
}

/** The status of a request that is free of charge. */
async function status(key: string) {
  return (await ask(mesh, "/v1/locations/127.0.0.1", { key })).status;
}

const works = (key: string) => eventually(async () => expect(await status(key)).toBe(200));

test("a database restored to an older state, whose revisions have passed the lost ones, is what all agree on", {
  timeout: 120_000,
}, async () => {
  const mine = clients();
  await createPlan(mine);
  const accountId = await createAccount(mine, "Kept");
  const [kept, revokedLater] = [await createKey(mine, accountId), await createKey(mine, accountId)];

  await mesh.stop("auth");
  await inServer((live, backup) => `CREATE DATABASE ${backup} TEMPLATE ${live}`);
  await mesh.start("auth");

  const lostAccountId = await eventually(() => createAccount(mine, "Lost"));
  const lost = [await createKey(mine, accountId), await createKey(mine, lostAccountId)];
  await mine.auth.revokeKey(revokedLater);
  for (const { secret } of [kept, ...lost]) await works(secret);
  await eventually(async () => expect(await status(revokedLater.secret)).toBe(401));
  expect(await limit(mine, lostAccountId)).toBe(QUOTA);
  const before = await head(mine);

  // Neither follower sees the revisions in between: one is stopped in the midst of its work, the other is not running.
  const { gateway = 0 } = mesh.pids();
  await mesh.stop("metering");
  process.kill(gateway, "SIGSTOP");
  onTestFinished(() => void process.kill(gateway, "SIGCONT"));
  await mesh.stop("auth");
  await inServer(
    (live) => `DROP DATABASE ${live} WITH (FORCE)`,
    (live, backup) => `CREATE DATABASE ${live} TEMPLATE ${backup}`,
  );
  await mesh.start("auth");
  const newAccountId = await eventually(() => createAccount(mine, "New"));
  let created = await createKey(mine, newAccountId);
  while ((await head(mine)).revision <= before.revision) {
    created = await createKey(mine, newAccountId);
  }
  expect((await head(mine)).historyId).not.toBe(before.historyId);
  process.kill(gateway, "SIGCONT");
  await mesh.start("metering");

  await works(created.secret);
  expect(mesh.pids().gateway).toBe(gateway);
  for (const { secret } of lost) expect(await status(secret)).toBe(401);
  // The restored database knows nothing of this revocation.
  for (const { secret } of [kept, revokedLater]) expect(await status(secret)).toBe(200);
  // So may metering.
  await eventually(async () => expect(await limit(mine, newAccountId)).toBe(QUOTA));
  expect(await limit(mine, accountId)).toBe(QUOTA);
  await expect(limit(mine, lostAccountId)).rejects.toMatchObject({ kind: "not_found" });
});
