import { createMetrics } from "@geomesh/runtime/telemetry/metrics";
import { expect, test } from "vitest";
import { registerUpstreamMetrics } from "./upstream-metrics.ts";

test("upstreams are up or down, one that was never asked is neither; keys have an age and leases units", async () => {
  const metrics = createMetrics("gateway");
  registerUpstreamMetrics(metrics, {
    upstreams: { geo: () => true, auth: () => false, metering: () => undefined },
    keysAgeMs: () => 1_500,
    keysCount: () => 7,
    leased: () => ({ accounts: 2, units: 300n }),
  });
  const text = await metrics.registry.metrics();
  const lines = text.split("\n").filter((line) => line.startsWith("gateway_"));
  expect(lines.map((line) => line.replace('service="gateway"', "").replace(",}", "}"))).toEqual([
    'gateway_upstream_up{upstream="geo"} 1',
    'gateway_upstream_up{upstream="auth"} 0',
    "gateway_keys_age_seconds{} 1.5",
    "gateway_keys{} 7",
    "gateway_lease_accounts{} 2",
    "gateway_lease_units{} 300",
  ]);
});
