import type { EventBus, Subscription } from "@geomesh/runtime/events/bus";
import { CHANGE_COMMITTED } from "../publish/events.ts";
import type { Directory } from "./directory.ts";

/**
 * Has the directory ask the database as soon as another auth process hints at a change. A hint is believed no further than
 * that: whoever can publish one can make nobody read or believe anything.
 */
export function followHints(events: EventBus, directory: Directory): Subscription {
  return events.subscribe(CHANGE_COMMITTED, ({ historyId, revision }) => {
    const { id, through } = directory.history;
    if (historyId === id && revision <= through) return;
    directory.refresh().catch(() => undefined);
  });
}
