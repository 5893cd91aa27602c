import { descriptorSetBytes } from "@geomesh/proto/descriptors";
import { DirectoryServiceService } from "@geomesh/proto/grpc/geomesh/auth/v1/directory_service";
import { LeaseServiceService } from "@geomesh/proto/grpc/geomesh/metering/v1/lease_service";
import { MeteringServiceService } from "@geomesh/proto/grpc/geomesh/metering/v1/metering_service";
import { type Clock, SYSTEM_CLOCK } from "@geomesh/runtime/clock";
import { Closers } from "@geomesh/runtime/closers";
import { connectEvents } from "@geomesh/runtime/events/bus";
import { natsAccessOf } from "@geomesh/runtime/events/nats-settings";
import { createTsProtoClient } from "@geomesh/runtime/grpc/client";
import { implement, startGrpcServer } from "@geomesh/runtime/grpc/server";
import type { Log } from "@geomesh/runtime/log";
import { openDatabase } from "@geomesh/runtime/sql/database";
import { startDatabaseWatch } from "@geomesh/runtime/sql/database-watch";
import { createMetrics } from "@geomesh/runtime/telemetry/metrics";
import { startOpsServer } from "@geomesh/runtime/telemetry/ops-server";
import { readCallers } from "@geomesh/runtime/trust/callers";
import { createIdentify } from "@geomesh/runtime/trust/identify";
import { openTlsFiles } from "@geomesh/runtime/trust/tls-files";
import { openTrustedUpstream } from "@geomesh/runtime/trust/upstream";
import type { MeteringConfig } from "./config.ts";
import { createFindAllowance } from "./follow/find-allowance.ts";
import { startPlanFollower } from "./follow/plan-follower.ts";
import { startUsageConsumer } from "./intake/usage-consumer.ts";
import { startUsageStream } from "./intake/usage-stream.ts";
import { startExpiredLeases } from "./ledger/expired-leases.ts";
import type { MeteringSchema } from "./ledger/schema.ts";
import { createMeteringMetrics } from "./metrics.ts";
import { MIGRATIONS } from "./migrations/migrations.ts";
import { createLeaseHandlers, createMeteringHandlers } from "./rpc/handlers.ts";

const STATEMENT_TIMEOUT_MS = 10_000;
const CALL_DEADLINE_MS_MAX = 30_000;
const DRAIN_MS_MAX = 5_000;

/** A running metering service. */
export interface MeteringService {
  readonly port: number;
  readonly opsPort: number;
  close(): Promise<void>;
}

/** What the process or a test hands in. */
export interface MeteringOverrides {
  /** Default is the clock of the machine. */
  readonly clock?: Clock;
  /** Ends the wait for the database; default never aborts. */
  readonly signal?: AbortSignal;
}

/**
 * Starts metering, which serves as soon as its database answers. NATS and auth may be unavailable, then and at any time.
 * Errors: DATABASE_UNAVAILABLE, CANNOT_LISTEN, SETTING_INVALID.
 */
export async function start(
  config: MeteringConfig,
  log: Log,
  { clock = SYSTEM_CLOCK, signal }: MeteringOverrides = {},
): Promise<MeteringService> {
  const closers = new Closers(log);
  try {
    const metrics = createMetrics("metering");
    const identify = createIdentify(await readCallers("METERING_CALLERS_FILE", config.callersFile));
    const tls = await openTlsFiles(config, { log });
    closers.add("tls", async () => tls?.close());
    const auth = await openTrustedUpstream(
      {
        address: config.authAddress,
        tokenFile: config.authTokenFile,
        tokenSetting: "AUTH_TOKEN_FILE",
      },
      tls,
    );
    const { db, ...database } = await openDatabase<MeteringSchema>({
      url: config.databaseUrl,
      migrations: MIGRATIONS,
      poolMax: 8,
      statementTimeoutMs: STATEMENT_TIMEOUT_MS,
      ...(signal && { signal }),
      clock,
      log,
      metrics,
    });
    closers.add("database", database.close);

    const events = await connectEvents({
      ...natsAccessOf(config),
      name: "metering",
      metrics,
      clock,
      log,
    });
    closers.add("events", () => events.close());
    const directory = { ...auth, deadlineMs: CALL_DEADLINE_MS_MAX };
    const connect = () => createTsProtoClient(DirectoryServiceService, directory);
    const plans = startPlanFollower({ db, events, connect, clock, log });
    closers.add("plans", () => plans.close());

    const streamOptions = { maxAgeMs: config.streamAgeMsMax, maxBytes: config.streamBytesMax };
    const stream = startUsageStream({ events, log }, streamOptions);
    closers.add("stream", stream.close);
    const { countBlock } = createMeteringMetrics(metrics);
    const usage = startUsageConsumer({ db, events, clock, log, onOutcome: countBlock });
    closers.add("usage", () => usage.close());

    const expired = startExpiredLeases({ db, clock, log });
    closers.add("expired leases", expired.close);

    const { leaseLifetimeMs } = config;
    const findAllowance = createFindAllowance({ db, catchUp: plans.catchUp });
    const deps = { db, findAllowance, leaseLifetimeMs, clock };
    const server = await startGrpcServer({
      host: config.host,
      port: config.port,
      socketPath: config.socketPath,
      tls,
      identify,
      services: [
        implement(MeteringServiceService, createMeteringHandlers(deps)),
        implement(LeaseServiceService, createLeaseHandlers(deps)),
      ],
      descriptors: descriptorSetBytes(),
      callDeadlineMsMax: CALL_DEADLINE_MS_MAX,
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
