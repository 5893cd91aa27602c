import { descriptorSetBytes } from "@geomesh/proto/descriptors";
import { AuthServiceService } from "@geomesh/proto/grpc/geomesh/auth/v1/auth_service";
import { connectEvents } from "@geomesh/runtime/events/bus";
import { implement, startGrpcServer } from "@geomesh/runtime/grpc/server";
import { Closers } from "@geomesh/runtime/lifecycle";
import type { Log } from "@geomesh/runtime/log";
import { openDatabase } from "@geomesh/runtime/sql/database";
import { createMetrics } from "@geomesh/runtime/telemetry/metrics";
import { startOpsServer } from "@geomesh/runtime/telemetry/ops-server";
import { bootstrap } from "./bootstrap/bootstrap.ts";
import type { AuthConfig } from "./config.ts";
import { MIGRATIONS } from "./migrations/migrations.ts";
import { startBeat } from "./publish/beat.ts";
import { startOutbox } from "./publish/outbox.ts";
import { createHandlers } from "./rpc/handlers.ts";
import type { AuthSchema } from "./store/schema.ts";
import { createWriter } from "./store/write.ts";

const STATEMENT_TIMEOUT_MS = 5000;
const CALL_DEADLINE_MS_MAX = 60_000;
const DRAIN_MS_MAX = 5000;

export interface AuthService {
  port: number;
  opsPort: number;
  close(): Promise<void>;
}

/** Starts auth; serves once its database answered. NATS may be away: changes then wait in the outbox. */
export async function start(config: AuthConfig, log: Log): Promise<AuthService> {
  const closers = new Closers(log);
  try {
    const metrics = createMetrics("auth");
    const open = (poolMax: number) =>
      openDatabase<AuthSchema>({
        url: config.databaseUrl,
        migrations: MIGRATIONS,
        poolMax,
        statementTimeoutMs: STATEMENT_TIMEOUT_MS,
        log,
      });

    const { db, close: closeDatabase } = await open(8);
    closers.add("database", closeDatabase);
    const { db: snapshots, close: closeSnapshots } = await open(4);
    closers.add("snapshots", closeSnapshots);

    const events = await connectEvents({ url: config.natsUrl, name: "auth", log });
    closers.add("events", () => events.close());
    const outbox = startOutbox({ db, events, log });
    closers.add("outbox", () => outbox.close());

    const write = createWriter({ db, now: () => new Date(), onCommit: outbox.wake });
    if (config.bootstrapFile) await bootstrap(write, config.bootstrapFile);

    const server = await startGrpcServer({
      host: config.host,
      port: config.port,
      services: [implement(AuthServiceService, createHandlers({ db, snapshots, write }))],
      descriptors: descriptorSetBytes(),
      callDeadlineMsMax: CALL_DEADLINE_MS_MAX,
      log,
      metrics,
    });
    closers.add("grpc", () => server.close(DRAIN_MS_MAX));

    server.setServing(true);

    let databaseAnswers = true;
    const beat = startBeat({
      db,
      events,
      onDatabase(answers) {
        databaseAnswers = answers;
        server.setServing(answers);
      },
    });
    closers.add("beat", () => beat.close());

    const ops = await startOpsServer({
      host: config.host,
      port: config.opsPort,
      metrics,
      problems: () => (databaseAnswers ? [] : ["the database does not answer"]),
    });
    closers.add("ops", () => ops.close());
    return { port: server.port, opsPort: ops.port, close: () => closers.closeAll() };
  } catch (error) {
    await closers.closeAll();
    throw error;
  }
}
