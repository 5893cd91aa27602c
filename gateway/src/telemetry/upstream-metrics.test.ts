import { createMetrics } from "@geomesh/runtime/telemetry/metrics";
import { expect, test } from "vitest";
import { registerUpstreamMetrics } from "./upstream-metrics.ts";

test("upstreams are up or down, one that was never asked is neither; keys have an age and leases units", async () => {
  const metrics = createMetrics("gateway");
  registerUpstreamMetrics(metrics, {
    upstreams: { geo: () => true, auth: () => false, metering: () => undefined },
    keysAgeMs: () => 1_500,
    keysCount: () => 7,
    isAnonymousUseOpen: undefined,
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

test.each([
  { isOpen: true, line: 'gateway_anonymous_use{service="gateway"} 1' },
  { isOpen: false, line: 'gateway_anonymous_use{service="gateway"} 0' },
])(
  "where requests without a key may be served, it is told whether they are: $isOpen",
  async ({ isOpen, line }) => {
    const metrics = createMetrics("gateway");
    registerUpstreamMetrics(metrics, {
      ...{ upstreams: {}, keysAgeMs: () => 0, keysCount: () => 0 },
      isAnonymousUseOpen: () => isOpen,
      leased: () => ({ accounts: 0, units: 0n }),
    });
    const text = await metrics.registry.metrics();
    expect(text).toContain(line);
  },
);
