import type { EventBus } from "@geomesh/runtime/events/bus";
import type { Log } from "@geomesh/runtime/log";
import { USAGE_RECORDED, USAGE_STREAM_NAME } from "./events.ts";

/** How long usage stays in the stream, and how much of it. What is not counted by then is still in the gateways' spools. */
export interface UsageStreamLimits {
  readonly maxAgeMs: number;
  readonly maxBytes: number;
}

/** Sees to it that the usage stream is there, now or as soon as NATS is. */
export function keepUsageStream(
  events: EventBus,
  limits: UsageStreamLimits,
  log: Log,
): { close(): void } {
  const stopping = new AbortController();
  const { signal } = stopping;
  events
    .ensureStream({ name: USAGE_STREAM_NAME, events: [USAGE_RECORDED], ...limits, signal })
    .catch((err) => {
      if (!signal.aborted) log.error({ err }, "there is no usage stream");
    });
  return { close: () => stopping.abort() };
}
