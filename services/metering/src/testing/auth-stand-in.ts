import { descriptorSetBytes } from "@geomesh/proto/descriptors";
import { AuthServiceService } from "@geomesh/proto/grpc/geomesh/auth/v1/auth_service";
import type { Change } from "@geomesh/proto/grpc/geomesh/auth/v1/change";
import { AppError } from "@geomesh/runtime/errors";
import { type Handlers, implement, startGrpcServer } from "@geomesh/runtime/grpc/server";
import { createLog } from "@geomesh/runtime/log";
import { createMetrics } from "@geomesh/runtime/telemetry/metrics";
import { freePort } from "@geomesh/testing/free-port";
import { type AuthRecord, changed } from "./auth-records.ts";

type AuthHandlers = Handlers<typeof AuthServiceService>;

/** A stand-in for auth that holds changes and streams them over a real socket, and does nothing else. */
export interface AuthStandIn {
  readonly address: string;
  /** The revisions after which changes were asked for, in order. */
  readonly asked: readonly bigint[];
  /** Whether streams end without their last message, as when the connection to auth is cut. */
  isCut: boolean;
  /** Commits a record without an event. */
  commit(record: AuthRecord): Change;
  /** Loses all changes after a revision, as a restore from a backup does. */
  loseAfter(revision: bigint): void;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Creates a stand-in that does not listen yet. */
export async function createAuthStandIn(): Promise<AuthStandIn> {
  const port = await freePort();
  const asked: bigint[] = [];
  let changes: Change[] = [];
  let stop = async () => {};

  const streamChanges: AuthHandlers["streamChanges"] = async function* ({ afterRevision }) {
    asked.push(afterRevision);
    const newest = BigInt(changes.length);
    if (afterRevision > newest) throw new AppError("REVISION_UNKNOWN");
    const newer = changes.filter(({ revision }) => revision > afterRevision);
    for (const change of newer) yield { changes: [change], completeThroughRevision: 0n };
    if (!standIn.isCut) yield { changes: [], completeThroughRevision: newest };
  };

  const standIn: AuthStandIn = {
    isCut: false,
    address: `127.0.0.1:${port}`,
    asked,
    commit(record) {
      const change = changed(BigInt(changes.length + 1), record);
      changes.push(change);
      return change;
    },
    loseAfter(revision) {
      changes = changes.filter((change) => change.revision <= revision);
    },
    async start() {
      const server = await startGrpcServer({
        port,
        services: [implement(AuthServiceService, { streamChanges } as AuthHandlers)],
        descriptors: descriptorSetBytes(),
        log: createLog({ service: "auth-stand-in", level: "fatal" }),
        metrics: createMetrics("auth-stand-in"),
      });
      server.setServing(true);
      stop = () => server.close(0);
    },
    stop: () => stop(),
  };
  return standIn;
}
