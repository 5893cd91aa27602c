import { readFileSync, rmSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { readLauncherConfig } from "@geomesh/launcher/config";
import { startMesh } from "@geomesh/launcher/mesh";
import type { Mesh } from "@geomesh/launcher/running-mesh";
import { meshEnvironment } from "@geomesh/launcher/testing/mesh-environment";
import type { Env } from "@geomesh/runtime/config";

export type { Mesh };

export interface TestMesh extends Mesh {
  readonly dataDir: string;
  /** Of the gateway. */
  readonly opsPort: number;
  /** Stops every process and keeps the data. */
  stopAll(): Promise<void>;
}

/** A whole mesh in processes of its own, removed with its data by `close`. */
export async function startTestMesh(more: Env = {}): Promise<TestMesh> {
  const env = { ...process.env, LOG_LEVEL: "warn", ...(await meshEnvironment()), ...more };
  const config = readLauncherConfig(env);
  const mesh = await startMesh(config, { machine: process, report: () => undefined });
  return {
    ...mesh,
    dataDir: config.dataDir,
    opsPort: config.ports.gatewayOps,
    stopAll: () => mesh.close(),
    async close() {
      await mesh.close();
      rmSync(config.dataDir, { recursive: true, force: true });
    },
  };
}

/** How a process of a mesh calls a service: at its socket, with its token. */
export function callerAt(
  { dataDir }: Pick<TestMesh, "dataDir">,
  caller: "gateway" | "metering",
  service: "auth" | "metering",
) {
  const trust = path.join(dataDir, "trust");
  const token = readFileSync(path.join(trust, `${caller}-${service}-token`), "utf8").trim();
  return { address: `unix:${path.join(trust, `${service}.sock`)}`, token };
}
