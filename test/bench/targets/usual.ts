import { startProgram } from "../child.ts";
import type { BenchMesh } from "./bench-mesh.ts";
import type { ClosableTarget } from "./closable-target.ts";

const PATH = "/geomesh.geo.v1.GeoService/GetLocation";

/**
 * Starts what many would build: a Connect handler that asks a service for the key, one for the quota and geo for the location,
 * each by a unary gRPC call. Its geo is that of the mesh, which has the same data open.
 */
export async function startUsual(
  mesh: BenchMesh,
  addresses: readonly string[],
  secret: string,
): Promise<ClosableTarget> {
  const key = startProgram("targets/usual-checks-server.ts", ["key", secret]);
  const quota = startProgram("targets/usual-checks-server.ts", ["quota"]);
  const [keyPort, quotaPort] = await Promise.all([key.line(), quota.line()]);
  const upstreams = [`127.0.0.1:${keyPort}`, `127.0.0.1:${quotaPort}`, mesh.addresses.geo];
  const gateway = startProgram("targets/usual-gateway-server.ts", upstreams);
  const port = Number(await gateway.line());
  const headers = { authorization: `Bearer ${secret}` };
  return {
    name: "usual",
    port,
    requests: addresses.map((ipAddress) => ({
      path: PATH,
      headers,
      body: JSON.stringify({ ipAddress }),
    })),
    pids: () => ({
      gateway: gateway.pid,
      key: key.pid,
      quota: quota.pid,
      geo: mesh.pids().geo ?? 0,
    }),
    async close() {
      for (const child of [gateway, key, quota]) await child.close();
    },
  };
}
