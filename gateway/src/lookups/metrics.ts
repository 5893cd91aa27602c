import { registerCollected } from "@geomesh/runtime/telemetry/collected";
import type { Metrics } from "@geomesh/runtime/telemetry/metrics";

/** What lookups count. */
export interface LookupCounts {
  /** Sent to geo, those that were sent again included. */
  frames: number;
  /** In those frames. */
  addresses: number;
  /** That were under way when their stream broke. */
  lostFrames: number;
  /** That broke or were silent. */
  lostStreams: number;
  /** That are answered. */
  streamsUp: number;
}

/** Registers the metrics of the room. */
export function registerLookupMetrics(metrics: Metrics, counts: Readonly<LookupCounts>): void {
  const register = (
    name: string,
    type: "counter" | "gauge",
    help: string,
    of: keyof LookupCounts,
  ) =>
    registerCollected(metrics, {
      ...{ name, help, type },
      read: () => [{ labels: {}, value: counts[of] }],
    });
  register("gateway_lookups_frames_total", "counter", "Frames that were sent to geo.", "frames");
  register("gateway_lookups_addresses_total", "counter", "Addresses in those frames.", "addresses");
  register(
    ...(["gateway_lookups_frames_lost_total", "counter"] as const),
    ...(["Frames under way when their stream to geo broke.", "lostFrames"] as const),
  );
  register(
    ...(["gateway_lookups_streams_lost_total", "counter"] as const),
    ...(["Streams to geo that broke, or were silent while geo was asked.", "lostStreams"] as const),
  );
  register("gateway_lookups_streams", "gauge", "Streams that geo answers on.", "streamsUp");
}
