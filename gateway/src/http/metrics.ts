import { registerCollected } from "@geomesh/runtime/telemetry/collected";
import type { Metrics } from "@geomesh/runtime/telemetry/metrics";
import type { ConnectionCounts } from "./connection-server.ts";
import type { Unsent } from "./unsent.ts";

/** What the metrics of the room read. */
export interface ConnectionMetricsDeps {
  readonly counts: ConnectionCounts;
  readonly unsent: Unsent;
  /** Undefined where there is no TLS. */
  readonly certificate: { readonly expiresMs: number } | undefined;
}

/** Registers the metrics of connections. */
export function registerConnectionMetrics(
  metrics: Metrics,
  { counts, unsent, certificate }: ConnectionMetricsDeps,
): void {
  registerCollected(metrics, {
    name: "gateway_connections",
    help: "Open connections that have said which protocol they speak.",
    type: "gauge",
    read: () => [
      { labels: { protocol: "http1" }, value: counts.http1 },
      { labels: { protocol: "http2" }, value: counts.http2 },
    ],
  });
  registerCollected(metrics, {
    name: "gateway_connections_total",
    help: "Connections that were accepted, those that were refused because there were too many included.",
    type: "counter",
    read: () => [{ labels: {}, value: counts.accepted }],
  });
  registerCollected(metrics, {
    name: "gateway_connections_cut_total",
    help: "Connections that were cut, by reason.",
    type: "counter",
    read: () => [
      { labels: { reason: "too_many" }, value: counts.refused },
      { labels: { reason: "slow_reader" }, value: unsent.cutConnections },
      { labels: { reason: "tls_handshake" }, value: counts.failedHandshakes },
    ],
  });
  registerCollected(metrics, {
    name: "gateway_unsent_bytes",
    help: "Bytes of answers that clients have not read yet.",
    type: "gauge",
    read: () => [{ labels: {}, value: unsent.bytes }],
  });
  registerCollected(metrics, {
    name: "gateway_tls_certificate_expiry_time_seconds",
    help: "When the certificate for clients expires, in seconds since 1970. Of several workers, the one that expires first.",
    type: "gauge",
    aggregator: "min",
    read: () =>
      certificate === undefined ? [] : [{ labels: {}, value: certificate.expiresMs / 1_000 }],
  });
}
