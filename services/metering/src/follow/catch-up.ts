import type { StreamChangesResponse } from "@geomesh/proto/grpc/geomesh/auth/v1/auth_service";
import { AppError } from "@geomesh/runtime/errors";
import type { MeteringDatabase } from "../ledger/schema.ts";
import { applyAll, completeThrough, forgetAll, readRevision } from "./followed-changes.ts";

/** Every record of auth that changed after a revision. */
export type StreamChanges = (request: {
  afterRevision: bigint;
}) => AsyncIterable<StreamChangesResponse>;

/** Loads from auth all that is newer than what is held here. */
export async function catchUp(db: MeteringDatabase, streamChanges: StreamChanges): Promise<void> {
  try {
    await load(db, streamChanges);
  } catch (error) {
    if (!isAheadOfAuth(error)) throw error;
    await forgetAll(db);
    await load(db, streamChanges);
  }
}

async function load(db: MeteringDatabase, streamChanges: StreamChanges): Promise<void> {
  const afterRevision = await readRevision(db);
  for await (const { changes, completeThroughRevision } of streamChanges({ afterRevision })) {
    await applyAll(db, changes);
    await completeThrough(db, completeThroughRevision);
  }
}

/** Auth lost revisions that are held here, such as by a restore from a backup: what it has now is the truth. */
function isAheadOfAuth(error: unknown): boolean {
  return error instanceof AppError && error.reason === "REVISION_UNKNOWN";
}
