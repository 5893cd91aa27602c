import { SYSTEM_CLOCK } from "@geomesh/runtime/clock";
import type { EventBus } from "@geomesh/runtime/events/bus";
import { createMetrics } from "@geomesh/runtime/telemetry/metrics";
import { busForTest, natsForTest } from "@geomesh/testing/test-bus";
import { onTestFinished } from "vitest";
import { startPublisher } from "../publisher.ts";
import type { Spool } from "../spool.ts";
import { type MeteringStandIn, meteringForTest } from "./metering.ts";
import { SILENT } from "./spool.ts";

/** A nats-server with the usage stream, a bus on it and who counts. */
export async function usageMeshForTest() {
  const nats = await natsForTest();
  const bus = await busForTest(nats.url);
  return { nats, bus, metering: await meteringForTest(bus) };
}

/** A publisher that runs until `close` or the end of the test. */
export function publisherForTest(
  spool: Spool,
  { bus, metering }: { bus: Pick<EventBus, "publish">; metering: MeteringStandIn },
  epochOpened = Promise.resolve(),
) {
  const metrics = createMetrics("test");
  const publisher = startPublisher({
    ...{ spool, events: bus, leases: metering.client, metrics, epochOpened },
    ...{ clock: SYSTEM_CLOCK, log: SILENT },
  });
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= publisher.close();
    return closed;
  };
  onTestFinished(close);
  return { close, metrics };
}
