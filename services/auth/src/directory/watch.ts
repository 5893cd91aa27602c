import type { WatchChangesRequest } from "@geomesh/proto/grpc/geomesh/auth/v1/directory_service";
import { unlessAborted } from "@geomesh/runtime/async/pause";
import type { Directory, History } from "./directory.ts";
import { encodeMessage } from "./encode-changes.ts";

const CHANGES_AT_ONCE_MAX = 500;

/**
 * Encoded WatchChangesResponse messages for one watcher: what is newer than what it holds, then a message at each change and
 * each confirmation. It holds a cursor only: a watcher that reads slowly misses the versions in between, and no memory fills
 * for it. Ends by rejecting when the signal aborts.
 */
export async function* watch(
  directory: Directory,
  request: WatchChangesRequest,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const start = await startOf(directory, request);
  let { history, cursor, isReset } = start;
  let confirmations = -1;
  while (!signal.aborted) {
    if (directory.history !== history) {
      ({ history } = directory);
      [cursor, isReset, confirmations] = [0n, true, -1];
    }
    const changed = directory.changed();
    const { frames, through, isLast } = history.log.pageAfter(cursor, CHANGES_AT_ONCE_MAX);
    const confirmed = isLast ? history.confirmed : undefined;
    const isConfirmed = confirmed !== undefined && history.confirmations !== confirmations;
    if (frames.length === 0 && !isReset && !isConfirmed) {
      await unlessAborted(changed, signal);
      continue;
    }
    if (confirmed !== undefined) confirmations = history.confirmations;
    const state = { historyId: history.id, isReset, completeThroughRevision: confirmed };
    [cursor, isReset] = [confirmed ?? through, false];
    yield encodeMessage(state, frames);
  }
}

interface Start {
  readonly history: History;
  readonly cursor: bigint;
  readonly isReset: boolean;
}

/** Where a watcher begins: after what it holds, or anew where that is of another history, newer than every change, or older than keys that were removed. */
async function startOf(
  directory: Directory,
  { historyId, afterRevision }: WatchChangesRequest,
): Promise<Start> {
  const holdsNothing = historyId === "" && afterRevision === 0n;
  // What is confirmed first must cover all that was committed before the call, by whichever process.
  await directory.refresh();
  const { history } = directory;
  if (holdsNothing) return { history, cursor: 0n, isReset: false };
  const { id, floor, through } = history;
  const isReset = historyId !== id || afterRevision > through || afterRevision < floor;
  return { history, cursor: isReset ? 0n : afterRevision, isReset };
}
