import { createCustomer } from "../support/api.ts";
import { startTestMesh } from "../support/mesh.ts";
import { startHaproxy } from "./haproxy.ts";
import { startLoad } from "./load.ts";
import { type Replica, replicaOf } from "./processes.ts";

const LOOPS = 16;

/** What came of a rolling restart. */
export interface RollingReport {
  readonly restarts: number;
  readonly ends: Readonly<Record<string, number>>;
}

/** Restarts two gateways in turn behind haproxy, both with their default settings, under constant load: nothing may fail. */
export async function runRollingRestart(restarts: number): Promise<RollingReport> {
  const mesh = await startTestMesh();
  const gateways: Replica[] = [];
  try {
    for (const name of ["gateway-2", "gateway-3"]) {
      const more = { GATEWAY_LAME_DUCK_MS: "" };
      const gateway = await replicaOf({ mesh, kind: "gateway", name, more });
      gateways.push(gateway);
      await gateway.child.start();
    }
    const { key } = await createCustomer(mesh, { monthly_quota: "100000000" });
    const haproxy = await startHaproxy(gateways);
    try {
      const load = startLoad({ url: haproxy.url, key, loops: LOOPS });
      for (let i = 0; i < restarts; i++) {
        const gateway = gateways[i % gateways.length];
        if (gateway === undefined) continue;
        await gateway.child.stop();
        await gateway.child.start();
        await haproxy.untilUp(gateway.name);
      }
      await load.stop();
      return { restarts, ends: load.tally.ends };
    } finally {
      await haproxy.close();
    }
  } finally {
    for (const { child } of gateways) await child.close();
    await mesh.close();
  }
}
