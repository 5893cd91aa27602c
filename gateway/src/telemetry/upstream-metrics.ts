import { registerCollected } from "@geomesh/runtime/telemetry/collected";
import type { Metrics } from "@geomesh/runtime/telemetry/metrics";

const MS_PER_SECOND = 1_000;

/** What the metrics of upstreams and of what is held from them read. */
export interface UpstreamMetricsDeps {
  /** Whether each upstream answers, by its name; undefined while nobody knows. */
  readonly upstreams: Readonly<Record<string, () => boolean | undefined>>;
  /** Milliseconds since the keys were last known to be those of auth; infinite before. */
  readonly keysAgeMs: () => number;
  readonly keysCount: () => number;
  /** Whether requests without a key are served; undefined where the operator does not allow them. */
  readonly isAnonymousUseOpen: (() => boolean) | undefined;
  /** What is leased: of how many accounts, and units that nobody has taken. */
  readonly leased: () => { readonly accounts: number; readonly units: bigint };
}

/** Registers what Prometheus reads of upstreams and of what is held from them. */
export function registerUpstreamMetrics(metrics: Metrics, deps: UpstreamMetricsDeps): void {
  const { upstreams, keysAgeMs, keysCount, isAnonymousUseOpen, leased } = deps;
  registerCollected(metrics, {
    name: "gateway_upstream_up",
    help: "1 while an upstream answers, 0 while it does not; nothing while it was not asked.",
    type: "gauge",
    read: () =>
      Object.entries(upstreams).flatMap(([upstream, isUp]) => {
        const up = isUp();
        return up === undefined ? [] : [{ labels: { upstream }, value: up ? 1 : 0 }];
      }),
  });
  const gauge = (name: string, help: string, read: () => number) =>
    registerCollected(metrics, {
      ...{ name, help, type: "gauge" as const },
      read: () => [{ labels: {}, value: read() }],
    });
  gauge(
    "gateway_keys_age_seconds",
    "Time since the keys in memory were last known to be those of auth.",
    () => keysAgeMs() / MS_PER_SECOND,
  );
  gauge("gateway_keys", "Keys in memory, revoked ones included.", keysCount);
  registerCollected(metrics, {
    name: "gateway_anonymous_use",
    help: "1 while requests without a key are served, 0 while their plan is unknown; nothing where they are not allowed.",
    type: "gauge",
    read: () =>
      isAnonymousUseOpen === undefined ? [] : [{ labels: {}, value: isAnonymousUseOpen() ? 1 : 0 }],
  });
  gauge("gateway_lease_accounts", "Accounts with a lease.", () => leased().accounts);
  gauge("gateway_lease_units", "Units in leases that no request has taken.", () =>
    Number(leased().units),
  );
}
