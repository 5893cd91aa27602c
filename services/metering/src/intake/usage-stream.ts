import type { EventBus } from "@geomesh/runtime/events/bus";
import type { Log } from "@geomesh/runtime/log";
import { STREAM_NAMES } from "@geomesh/terms/nats";
import { USAGE_RECORDED } from "./events.ts";

/** What the usage stream needs. */
export interface UsageStreamDeps {
  readonly events: EventBus;
  readonly log: Log;
}

/** How long usage stays in the stream, and how many bytes of it. The spools of the gateways keep what is not counted by then. */
export interface UsageStreamOptions {
  readonly maxAgeMs: number;
  readonly maxBytes: number;
}

/** Creates the stream that gateways publish usage to, as soon as NATS is available. */
export function startUsageStream(
  { events, log }: UsageStreamDeps,
  options: UsageStreamOptions,
): { close(): void } {
  const stopping = new AbortController();
  const { signal } = stopping;
  events
    .ensureStream({ name: STREAM_NAMES.usage, events: [USAGE_RECORDED], ...options, signal })
    .catch((err) => {
      if (!signal.aborted) log.error({ err }, "the usage stream was not created");
    });
  return { close: () => stopping.abort() };
}
