import type { Change } from "@geomesh/proto/grpc/geomesh/auth/v1/change";
import { WatchChangesResponse } from "@geomesh/proto/grpc/geomesh/auth/v1/directory_service";

/** What a WatchChangesResponse says beside its changes. */
export type WatchState = Omit<WatchChangesResponse, "changes">;

const NOTHING: WatchChangesResponse = { historyId: "", isReset: false, changes: [] };

/** A change as it stands in a message, encoded once for all watchers. */
export function encodeChange(change: Change): Uint8Array {
  return WatchChangesResponse.encode({ ...NOTHING, changes: [change] }).finish();
}

/** A message of changes that are encoded. Protobuf messages are merged by putting their bytes one after another. */
export function encodeMessage(state: WatchState, changes: readonly Uint8Array[]): Buffer {
  const head = WatchChangesResponse.encode({ ...state, changes: [] }).finish();
  return Buffer.concat([head, ...changes]);
}

/** Identifies the record of a change among plans, accounts and keys. */
export function recordId({ record }: Change): string {
  switch (record?.$case) {
    case "account":
      return record.value.accountId;
    case "plan":
    case "deletedPlan":
      return `plan ${record.value.planId}`;
    case "key":
      return record.value.key?.keyId ?? "";
    default:
      return "";
  }
}
