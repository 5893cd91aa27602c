import { AuthServiceService } from "@geomesh/proto/grpc/geomesh/auth/v1/auth_service";
import { DirectoryServiceService } from "@geomesh/proto/grpc/geomesh/auth/v1/directory_service";
import { connectEvents } from "@geomesh/runtime/events/bus";
import { createTsProtoClient } from "@geomesh/runtime/grpc/client";
import { createLog, type Log } from "@geomesh/runtime/log";
import { startTestNats } from "@geomesh/testing/nats";
import { startTestPostgres } from "@geomesh/testing/postgres";
import { createTestCallers, type TestCaller } from "@geomesh/testing/test-callers";
import type { AuthConfig } from "../config.ts";
import { type AuthOverrides, start } from "../service.ts";
import { readHead } from "../store/history.ts";
import { openAuthDatabase } from "./open-auth-database.ts";

/** What auth runs on in a test. */
export type TestMesh = Awaited<ReturnType<typeof startTestMesh>>;
/** A running auth and a client of it. */
export type TestAuth = Awaited<ReturnType<typeof startTestAuth>>;

const LOG = createLog({ service: "auth", level: "error" });

/** A real nats-server, an empty database, and a bus that hears what auth publishes. */
export async function startTestMesh() {
  const nats = await startTestNats();
  const postgres = await startTestPostgres();
  const databaseUrl = await postgres.createDatabase();
  const events = await connectEvents({ url: nats.url, name: "test", log: LOG });
  return {
    nats,
    databaseUrl,
    events,
    async close() {
      await events.close();
      await nats.stop();
      await postgres.stop();
    },
  };
}

/** The whole service on free ports, and clients of it. */
export async function startTestAuth(
  mesh: Pick<TestMesh, "nats" | "databaseUrl">,
  overrides: Partial<AuthConfig> = {},
  { log = LOG, ...handedIn }: AuthOverrides & { readonly log?: Log } = {},
) {
  const callers = createTestCallers();
  const config: AuthConfig = {
    host: "127.0.0.1",
    port: 0,
    socketPath: "",
    callersFile: callers.file,
    ...{ tlsCertFile: "", tlsKeyFile: "", tlsCaFile: "" },
    opsPort: 0,
    databaseUrl: mesh.databaseUrl,
    ownerDatabaseUrl: "",
    natsUrl: mesh.nats.urlOf("auth"),
    ...{ natsSeedFile: "", natsCaFile: "" },
    bootstrapFile: "",
    ...{ adminKey: "", adminKeyFile: "" },
    auditAddresses: "shortened",
    auditRetentionDays: 400,
    keyRetentionDays: 90,
    idempotencyKeyFile: "",
    logLevel: "error",
    ...overrides,
  };
  const service = await start(config, log, handedIn);
  const address = `${config.host}:${service.port}`;
  callers.remove();
  const as = (caller: TestCaller) => ({
    address,
    deadlineMs: 30_000,
    token: callers.tokenOf(caller),
  });
  const client = createTsProtoClient(AuthServiceService, as("operator"));
  const directory = createTsProtoClient(DirectoryServiceService, as("gateway"));
  const opsUrl = `http://${config.host}:${service.opsPort}`;
  return {
    address,
    client,
    directory,
    opsUrl,
    /** Asks the database itself, past auth and whatever stands before its database. */
    async newestRevision(): Promise<bigint> {
      const { db, close } = await openAuthDatabase(mesh.databaseUrl);
      return (await readHead(db).finally(close)).revision;
    },
    /** The value of a metric without labels of its own. */
    async metric(name: string): Promise<number> {
      const page = await (await fetch(`${opsUrl}/metrics`)).text();
      return Number(new RegExp(`^${name}\\{[^}]*\\} (.*)$`, "m").exec(page)?.[1]);
    },
    async stopServing() {
      await service.close();
    },
    async close() {
      client.close();
      directory.close();
      await service.close();
    },
  };
}
