import type { Change } from "@geomesh/proto/grpc/geomesh/auth/v1/change";
import type { EventBus } from "@geomesh/runtime/events/bus";
import { eventually } from "@geomesh/testing/eventually";
import { onTestFinished } from "vitest";
import { CHANGE_COMMITTED, REVISION_BEAT } from "../publish/events.ts";
import type { TestAuth } from "./start-test-auth.ts";

/** Everything that StreamChanges answers after a revision. */
export async function readAll(
  { client }: Pick<TestAuth, "client">,
  afterRevision = 0n,
): Promise<{ changes: Change[]; completeThrough: bigint; messageSizes: number[] }> {
  const changes: Change[] = [];
  const messageSizes: number[] = [];
  let completeThrough = 0n;
  for await (const message of client.streamChanges({ afterRevision })) {
    changes.push(...message.changes);
    messageSizes.push(message.changes.length);
    completeThrough = message.completeThroughRevision;
  }
  return { changes, completeThrough, messageSizes };
}

/** Collects the changes that arrive on the bus from now on, in the order of arrival. */
export async function hearChanges(events: EventBus): Promise<Change[]> {
  const heard: Change[] = [];
  const changes = events.subscribe(CHANGE_COMMITTED, ({ change }) => {
    if (change) heard.push(change);
  });
  onTestFinished(() => changes.close());
  await isSubscribed(events);
  return heard;
}

/** Resolves when nats-server knows the subscriptions made so far: a message of our own comes back only after that. */
async function isSubscribed(events: EventBus): Promise<void> {
  const marker = 2n ** 64n - 1n;
  let cameBack = false;
  const beats = events.subscribe(REVISION_BEAT, ({ revision }) => {
    cameBack ||= revision === marker;
  });
  await eventually(() => {
    events.announce(REVISION_BEAT, { revision: marker });
    return cameBack;
  });
  beats.close();
}

/** Identifies the record of a change. */
function recordId({ record }: Change): string {
  switch (record?.$case) {
    case "account":
      return record.value.accountId;
    case "plan":
      return `plan ${record.value.planId}`;
    case "key":
      return record.value.key?.keyId ?? "";
    default:
      return "";
  }
}

/** The newest change of each record, by record: the state of a correct follower. */
export function newestByRecord(changes: Iterable<Change>): Map<string, Change> {
  const newest = new Map<string, Change>();
  for (const change of changes) {
    const known = newest.get(recordId(change));
    if (!known || known.revision < change.revision) newest.set(recordId(change), change);
  }
  return newest;
}
