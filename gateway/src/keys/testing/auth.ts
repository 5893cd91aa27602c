import { toBinary } from "@bufbuild/protobuf";
import { AuthService } from "@geomesh/proto/es/geomesh/auth/v1/auth_service_pb";
import { ChangeSchema } from "@geomesh/proto/es/geomesh/auth/v1/change_pb";
import { AuthServiceService } from "@geomesh/proto/grpc/geomesh/auth/v1/auth_service";
import { Change } from "@geomesh/proto/grpc/geomesh/auth/v1/change";
import { AppError } from "@geomesh/runtime/errors";
import { createEsClient } from "@geomesh/runtime/grpc/client";
import { type Handlers, implement } from "@geomesh/runtime/grpc/server";
import { startTestGrpcServer } from "@geomesh/testing/grpc-server";
import { onTestFinished } from "vitest";
import { type AuthRecord, change } from "./records.ts";

/** How streams of changes end: as they should, by an error, or early without one. */
export type StreamEnd = "whole" | "broken" | "cut";

/** A stand-in for auth that holds changes and streams them over a real socket. */
export async function authForTest() {
  let changes: ReturnType<typeof change>[] = [];
  const standIn = {
    /** Revisions after which changes were asked for. */
    asked: [] as bigint[],
    end: "whole" as StreamEnd,
    /** Commits a record without announcing it. */
    commit(record: AuthRecord) {
      const committed = change(changes.length + 1, record);
      changes.push(committed);
      return committed;
    },
    /** Loses the newest changes, as a restore from a backup does. */
    keepFirst(count: number) {
      changes = changes.slice(0, count);
    },
  };

  async function* streamChanges({ afterRevision }: { afterRevision: bigint }) {
    standIn.asked.push(afterRevision);
    const newest = BigInt(changes.length);
    if (afterRevision > newest) throw new AppError("REVISION_UNKNOWN");
    for (const each of changes.filter(({ revision }) => revision > afterRevision)) {
      const bytes = toBinary(ChangeSchema, each);
      yield { changes: [Change.decode(bytes)], completeThroughRevision: 0n };
    }
    if (standIn.end === "broken") throw new AppError("DATABASE_UNAVAILABLE");
    if (standIn.end === "whole") yield { changes: [], completeThroughRevision: newest };
  }

  const handlers = { streamChanges } as unknown as Handlers<typeof AuthServiceService>;
  const server = await startTestGrpcServer(implement(AuthServiceService, handlers));
  const client = createEsClient(AuthService, { address: server.address, deadlineMs: 1_000 });
  onTestFinished(async () => {
    client.close();
    await server.close(0);
  });
  return Object.assign(standIn, { client });
}
