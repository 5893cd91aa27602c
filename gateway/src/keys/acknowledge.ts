import { randomBytes } from "node:crypto";
import type { DirectoryService } from "@geomesh/proto/es/geomesh/auth/v1/directory_service_pb";
import type { Closers } from "@geomesh/runtime/closers";
import type { Acknowledge } from "@geomesh/runtime/follow/acknowledger";
import type { EsClient } from "@geomesh/runtime/grpc/client";
import type { Log } from "@geomesh/runtime/log";

const CALL_MS_MAX = 1_000;
const ID_BYTES = 8;

/** What telling auth works with. */
export interface AcknowledgeDeps {
  readonly closers: Closers;
  readonly log: Log;
}

/** What auth should know of this process. */
export interface AcknowledgeOptions {
  /** Where it has locked its directory: a process that ran there before has ended. */
  readonly place: Uint8Array;
  /** Larger than those of the processes that ran there before. */
  readonly epoch: bigint;
  /** For how long it accepts keys without hearing from auth, in milliseconds. */
  readonly stalenessMaxMs: number;
}

/**
 * Makes what tells auth how far this process holds the keys, under an id that is this process's alone: each worker has a table of
 * its own, and one that was started again holds nothing. The log tells the id.
 */
export function acknowledgeBy(
  client: Pick<EsClient<typeof DirectoryService>, "acknowledgeChanges" | "close">,
  { closers, log }: AcknowledgeDeps,
  { place, epoch, stalenessMaxMs }: AcknowledgeOptions,
): Acknowledge {
  closers.add("acknowledgements", async () => client.close());
  const followerId = randomBytes(ID_BYTES).toString("hex");
  log.info({ gateway_id: followerId }, "auth knows this process by its gateway_id");
  return ({ historyId, revision, isLeaving }) =>
    client.acknowledgeChanges(
      { followerId, historyId, revision, isLeaving, place, epoch, stalenessMaxMs },
      { deadlineMs: CALL_MS_MAX },
    );
}
