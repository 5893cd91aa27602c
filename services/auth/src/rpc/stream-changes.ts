import type { StreamChangesResponse } from "@geomesh/proto/grpc/geomesh/auth/v1/auth_service";
import type { Change } from "@geomesh/proto/grpc/geomesh/auth/v1/change";
import { AppError } from "@geomesh/runtime/errors";
import { readSnapshot, type Snapshot } from "../store/snapshot.ts";
import type { AuthDeps, AuthHandlers } from "./contract.ts";

const CHANGES_AT_ONCE_MAX = 500;

/** Streams every record that changed after a revision, in messages of at most 500 changes. */
export function streamChanges({ snapshots }: AuthDeps): AuthHandlers["streamChanges"] {
  return ({ afterRevision }) =>
    readSnapshot(snapshots, afterRevision, (snapshot) => {
      requireKnown(afterRevision, snapshot.revision);
      return inChunks(snapshot);
    });
}

/** A caller that is ahead holds what this database lost, such as after a restore: it must load again from 0. */
function requireKnown(afterRevision: bigint, newest: bigint): void {
  if (afterRevision > newest) throw new AppError("REVISION_UNKNOWN");
}

async function* inChunks({ revision, changes }: Snapshot): AsyncGenerator<StreamChangesResponse> {
  let chunk: Change[] = [];
  for await (const change of changes) {
    if (chunk.length === CHANGES_AT_ONCE_MAX) {
      yield { changes: chunk, completeThroughRevision: 0n };
      chunk = [];
    }
    chunk.push(change);
  }
  yield { changes: chunk, completeThroughRevision: revision };
}
