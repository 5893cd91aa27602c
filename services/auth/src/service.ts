import { descriptorSetBytes } from "@geomesh/proto/descriptors";
import { AuthServiceService } from "@geomesh/proto/grpc/geomesh/auth/v1/auth_service";
import { type Clock, SYSTEM_CLOCK } from "@geomesh/runtime/clock";
import { Closers } from "@geomesh/runtime/closers";
import { connectEvents } from "@geomesh/runtime/events/bus";
import { natsAccessOf } from "@geomesh/runtime/events/nats-settings";
import { implement, startGrpcServer } from "@geomesh/runtime/grpc/server";
import type { Log } from "@geomesh/runtime/log";
import { type DatabaseOptions, openDatabase } from "@geomesh/runtime/sql/database";
import { startDatabaseWatch } from "@geomesh/runtime/sql/database-watch";
import { createMetrics } from "@geomesh/runtime/telemetry/metrics";
import { startOpsServer } from "@geomesh/runtime/telemetry/ops-server";
import { readCallers } from "@geomesh/runtime/trust/callers";
import { createIdentify } from "@geomesh/runtime/trust/identify";
import { openTlsFiles } from "@geomesh/runtime/trust/tls-files";
import { ensureAdminKey, readAdminKey } from "./bootstrap/admin-key.ts";
import { bootstrap } from "./bootstrap/bootstrap.ts";
import { type AuthConfig, STATEMENT_TIMEOUT_MS } from "./config.ts";
import { startBeat } from "./directory/beat.ts";
import { Directory } from "./directory/directory.ts";
import { Followers } from "./directory/followers.ts";
import { followHints } from "./directory/hints.ts";
import { readSeal } from "./idempotency/seal.ts";
import { createAuthMetrics } from "./metrics.ts";
import { MIGRATIONS } from "./migrations/migrations.ts";
import { startDatasetStream } from "./publish/dataset-stream.ts";
import { startOutbox } from "./publish/outbox.ts";
import { startRetention } from "./retention/retention.ts";
import { implementDirectory } from "./rpc/directory-service.ts";
import { createHandlers } from "./rpc/handlers.ts";
import { createIdempotentHandlers } from "./rpc/with-idempotency.ts";
import { tableOwner, tellAuditSeal } from "./store/privileges.ts";
import type { AuthDatabase, AuthSchema } from "./store/schema.ts";
import { inTurns } from "./store/turns.ts";
import { createWriter } from "./store/write.ts";

/** Longer than a caller may have a call wait for gateways. */
const CALL_MS_MAX = 35_000;
const DRAIN_MS_MAX = 5_000;

/** A running auth service. */
export interface AuthService {
  readonly port: number;
  readonly opsPort: number;
  close(): Promise<void>;
}

/** What the process or a test hands in. */
export interface AuthOverrides {
  /** Default is the clock of the machine. */
  readonly clock?: Clock;
  /** Ends the wait for the database; default never aborts. */
  readonly signal?: AbortSignal;
}

/**
 * Starts auth, which serves as soon as its database answers. While NATS is unavailable, changes wait in the outbox.
 * Errors: DATABASE_UNAVAILABLE, BOOTSTRAP_FILE_INVALID, CANNOT_LISTEN, SETTING_INVALID.
 */
export async function start(
  config: AuthConfig,
  log: Log,
  { clock = SYSTEM_CLOCK, signal }: AuthOverrides = {},
): Promise<AuthService> {
  const closers = new Closers(log);
  try {
    const metrics = createMetrics("auth");
    const identify = createIdentify(await readCallers("AUTH_CALLERS_FILE", config.callersFile));
    const seal = await readSeal(config.idempotencyKeyFile);
    const adminKey = await readAdminKey(config);
    const tls = await openTlsFiles(config, { log });
    closers.add("tls", async () => tls?.close());
    const owner = tableOwner(config.ownerDatabaseUrl, config.databaseUrl);
    const open = (poolMax: number) =>
      openPool(closers, {
        url: config.databaseUrl,
        owner,
        poolMax,
        clock,
        log,
        metrics,
        ...(signal && { signal }),
      });
    const db = await open(8);
    await tellAuditSeal(db, owner, log);
    // One connection to ask how far the database is and one to read: neither waits for the RPCs.
    const readings = await open(2);
    const events = await connectEvents({
      ...natsAccessOf(config),
      name: "auth",
      metrics,
      clock,
      log,
    });
    closers.add("events", () => events.close());
    const datasets = startDatasetStream(events);
    closers.add("dataset stream", datasets.close);
    const outbox = startOutbox({ db, events, log });
    closers.add("outbox", () => outbox.close());

    const authMetrics = createAuthMetrics(metrics);
    const directory = new Directory({ db: readings, clock, log, metrics: authMetrics });
    const write = inTurns(
      createWriter({
        db,
        clock,
        auditAddresses: config.auditAddresses,
        onCommit(revision) {
          directory.committed(revision);
          outbox.wake();
        },
      }),
    );
    if (config.bootstrapFile) await bootstrap(write, config.bootstrapFile);
    if (adminKey !== undefined) await ensureAdminKey(write, adminKey, log);
    await directory.refresh();
    const hints = followHints(events, directory);
    closers.add("hints", () => hints.close());

    const followers = new Followers({ db, clock });
    const server = await startGrpcServer({
      host: config.host,
      port: config.port,
      socketPath: config.socketPath,
      tls,
      identify,
      services: [
        implement(
          AuthServiceService,
          createIdempotentHandlers({ db, write, clock, followers, seal }, createHandlers),
        ),
        implementDirectory({ db, directory, followers, metrics: authMetrics, clock }),
      ],
      callDeadlineMsMax: CALL_MS_MAX,
      descriptors: descriptorSetBytes(),
      clock,
      log,
      metrics,
    });
    closers.add("grpc", () => server.close(DRAIN_MS_MAX));
    server.setServing(true);

    const watch = startDatabaseWatch(
      { clock, log, onChange: server.setServing },
      { url: config.databaseUrl },
    );
    closers.add("watch", watch.close);
    const beat = startBeat({ directory, onAnswer: watch.heard });
    closers.add("beat", () => beat.close());

    const retention = startRetention(
      { db, clock, log, metrics: authMetrics },
      { auditDays: config.auditRetentionDays, keyDays: config.keyRetentionDays },
    );
    closers.add("retention", retention.close);

    const ops = await startOpsServer({
      host: config.host,
      port: config.opsPort,
      metrics,
      log,
      problems: () => [...watch.problems(), ...events.problems()],
    });
    closers.add("ops", () => ops.close());
    return { port: server.port, opsPort: ops.port, close: () => closers.closeAll() };
  } catch (error) {
    await closers.closeAll();
    throw error;
  }
}

async function openPool(
  closers: Closers,
  options: Omit<DatabaseOptions, "migrations" | "statementTimeoutMs">,
): Promise<AuthDatabase> {
  const { db, close } = await openDatabase<AuthSchema>({
    ...options,
    migrations: MIGRATIONS,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  });
  closers.add("database", close);
  return db;
}
