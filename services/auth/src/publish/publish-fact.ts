import type { EventBus } from "@geomesh/runtime/events/bus";
import type { CommittedFact } from "../store/drain-outbox.ts";
import {
  ACCOUNT_CLOSED,
  ACCOUNT_CREATED,
  ACCOUNT_REACTIVATED,
  ACCOUNT_SUSPENDED,
  KEY_CREATED,
  KEY_DISABLED,
  KEY_ENABLED,
  KEY_REVOKED,
  KEY_ROTATED,
} from "./events.ts";

/**
 * Publishes a fact under an id that is its own, so that NATS drops a second publication within two minutes. Revisions of a
 * restored database come again, so the history is part of the id. Errors: EVENT_NOT_STORED.
 */
export async function publishFact(events: EventBus, committed: CommittedFact): Promise<void> {
  const { fact, historyId, revision, commitTime } = committed;
  const mark = { id: `auth.${historyId}.${revision}`, time: commitTime };
  switch (fact.kind) {
    case "ACCOUNT_CREATED":
      await events.publish(ACCOUNT_CREATED, fact, mark);
      return;
    case "ACCOUNT_SUSPENDED":
      await events.publish(ACCOUNT_SUSPENDED, fact, mark);
      return;
    case "ACCOUNT_REACTIVATED":
      await events.publish(ACCOUNT_REACTIVATED, fact, mark);
      return;
    case "ACCOUNT_CLOSED":
      await events.publish(ACCOUNT_CLOSED, fact, mark);
      return;
    case "KEY_CREATED":
      await events.publish(KEY_CREATED, fact, mark);
      return;
    case "KEY_REVOKED":
      await events.publish(KEY_REVOKED, fact, mark);
      return;
    case "KEY_DISABLED":
      await events.publish(KEY_DISABLED, fact, mark);
      return;
    case "KEY_ENABLED":
      await events.publish(KEY_ENABLED, fact, mark);
      return;
    case "KEY_ROTATED":
      await events.publish(KEY_ROTATED, fact, mark);
  }
}
