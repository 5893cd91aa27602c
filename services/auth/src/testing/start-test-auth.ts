import { AuthServiceService } from "@geomesh/proto/grpc/geomesh/auth/v1/auth_service";
import { connectEvents } from "@geomesh/runtime/events/bus";
import { createTsProtoClient } from "@geomesh/runtime/grpc/client";
import { createLog } from "@geomesh/runtime/log";
import { startTestNats } from "@geomesh/testing/nats";
import { startTestPostgres } from "@geomesh/testing/postgres";
import type { AuthConfig } from "../config.ts";
import { start } from "../service.ts";

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

/** The whole service on free ports, and a client of it. */
export async function startTestAuth(
  mesh: Pick<TestMesh, "nats" | "databaseUrl">,
  overrides: Partial<AuthConfig> = {},
) {
  const config: AuthConfig = {
    host: "127.0.0.1",
    port: 0,
    opsPort: 0,
    databaseUrl: mesh.databaseUrl,
    natsUrl: mesh.nats.url,
    bootstrapFile: "",
    logLevel: "error",
    ...overrides,
  };
  const service = await start(config, LOG);
  const address = `${config.host}:${service.port}`;
  const client = createTsProtoClient(AuthServiceService, { address, deadlineMs: 10_000 });
  return {
    client,
    opsUrl: `http://${config.host}:${service.opsPort}`,
    async close() {
      client.close();
      await service.close();
    },
  };
}
