import type { Change } from "@geomesh/proto/grpc/geomesh/auth/v1/change";
import type {
  WatchChangesRequest,
  WatchChangesResponse,
} from "@geomesh/proto/grpc/geomesh/auth/v1/directory_service";
import { onTestFinished } from "vitest";
import { recordId } from "../directory/encode-changes.ts";
import type { TestAuth } from "./start-test-auth.ts";

/** Holds nothing. */
const FROM_START: WatchChangesRequest = { historyId: "", afterRevision: 0n };

/** What WatchChanges answers until the caller holds everything that is committed. */
export interface AllChanges {
  readonly historyId: string;
  readonly isReset: boolean;
  readonly changes: Change[];
  readonly completeThrough: bigint;
  readonly messageSizes: number[];
}

/** Reads all that WatchChanges answers, up to the newest revision that is committed at the call. */
export async function readAll(
  { directory, newestRevision }: Pick<TestAuth, "directory" | "newestRevision">,
  from: WatchChangesRequest = FROM_START,
): Promise<AllChanges> {
  const changes: Change[] = [];
  const messageSizes: number[] = [];
  let isReset = false;
  const newest = await newestRevision();
  for await (const message of directory.watchChanges(from)) {
    isReset ||= message.isReset;
    changes.push(...message.changes);
    if (message.changes.length > 0) messageSizes.push(message.changes.length);
    const { completeThroughRevision: completeThrough = -1n, historyId } = message;
    if (completeThrough >= newest) {
      return { historyId, isReset, changes, completeThrough, messageSizes };
    }
  }
  throw new Error("WatchChanges ended");
}

/** A watcher that goes on until its test is over. */
export interface TestWatcher {
  readonly messages: WatchChangesResponse[];
  /** The newest change of each record since the last reset, by record: the state of a correct follower. */
  readonly records: Map<string, Change>;
  /** Resolves when auth ended the call; rejects with the failure. */
  readonly ended: Promise<void>;
}

/** Watches until the test is over. */
export function watchForTest(
  { directory }: Pick<TestAuth, "directory">,
  from: WatchChangesRequest = FROM_START,
): TestWatcher {
  const leaving = new AbortController();
  onTestFinished(() => leaving.abort());
  const messages: WatchChangesResponse[] = [];
  const records = new Map<string, Change>();
  const options = { deadlineMs: Number.POSITIVE_INFINITY, signal: leaving.signal };
  const watch = async () => {
    for await (const message of directory.watchChanges(from, options)) {
      messages.push(message);
      if (message.isReset) records.clear();
      for (const change of message.changes) records.set(recordId(change), change);
    }
  };
  const ended = watch();
  ended.catch(() => undefined);
  return { messages, records, ended };
}

/** The newest change of each record, by record. */
export function newestByRecord(changes: Iterable<Change>): Map<string, Change> {
  const newest = new Map<string, Change>();
  for (const change of changes) {
    const known = newest.get(recordId(change));
    if (!known || known.revision < change.revision) newest.set(recordId(change), change);
  }
  return newest;
}
