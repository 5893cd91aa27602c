import { eventually } from "@geomesh/testing/eventually";
import { createCustomer } from "../support/api.ts";
import { startTestMesh } from "../support/mesh.ts";
import { type Asked, type Seen, startHttp1Clients, startHttp2Clients } from "./clients.ts";
import { startHaproxy } from "./haproxy.ts";
import { type Replica, replicaOf } from "./processes.ts";

const CLIENTS = 8;

/** What came of a rolling restart. */
export interface RollingReport {
  /** Of each gateway. */
  readonly restarts: number;
  /** By kind of client. */
  readonly seen: readonly Seen[];
}

/**
 * Restarts two gateways in turn, so many times each, both with their default settings, under constant load: through haproxy
 * with its defaults, and directly by HTTP/2. Nothing may fail.
 */
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
    const asked = { path: "/v1/locations/81.2.69.142", headers: { "x-api-key": key } };
    const ports = gateways.map(({ port }) => port);
    for (const port of ports) await eventually(() => isAnswered(port, asked));
    const haproxy = await startHaproxy(gateways);
    try {
      const clients = [
        startHttp1Clients(haproxy.port, asked, {
          kind: "HTTP/1.1 through haproxy, connections kept",
          clients: CLIENTS,
          keepAlive: true,
        }),
        startHttp1Clients(haproxy.port, asked, {
          kind: "HTTP/1.1 through haproxy, a connection each",
          clients: CLIENTS,
          keepAlive: false,
        }),
        startHttp2Clients(ports, asked, CLIENTS),
      ];
      for (let round = 0; round < restarts; round += 1) {
        for (const gateway of gateways) {
          await gateway.child.stop();
          await gateway.child.start();
          await haproxy.untilUp(gateway.name);
        }
      }
      return { restarts, seen: await Promise.all(clients.map((each) => each.stop())) };
    } finally {
      await haproxy.close();
    }
  } finally {
    for (const { child } of gateways) await child.close();
    await mesh.close();
  }
}

/** A new key arrives at each gateway by itself. */
async function isAnswered(port: number, { path, headers }: Asked): Promise<boolean> {
  return (await fetch(`http://127.0.0.1:${port}${path}`, { headers })).ok;
}
