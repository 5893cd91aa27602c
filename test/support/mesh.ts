import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { portNames, portSettings, readLauncherConfig } from "@geomesh/launcher/config";
import { startMesh } from "@geomesh/launcher/mesh";
import type { Mesh } from "@geomesh/launcher/running-mesh";
import type { Env } from "@geomesh/runtime/config";
import { freePort } from "@geomesh/runtime/testing/free-port";

export type { Mesh };

/** Settings for a mesh of its own: free ports and an empty data directory. */
export async function meshEnvironment(): Promise<Record<string, string>> {
  const ports = await differentFreePorts(portNames.length);
  const settings = portNames.map((name, i) => [portSettings[name].setting, `${ports[i]}`]);
  const dataDir = mkdtempSync(path.join(tmpdir(), "geomesh-e2e-"));
  return { ...Object.fromEntries(settings), DATA_DIR: dataDir };
}

async function differentFreePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
}

/** A whole mesh in processes of its own, removed with its data by `close`. */
export async function startTestMesh(more: Env = {}): Promise<Mesh> {
  const env = { ...process.env, LOG_LEVEL: "warn", ...(await meshEnvironment()), ...more };
  const config = readLauncherConfig(env);
  const mesh = await startMesh(config, { machine: process, report: () => undefined });
  return {
    ...mesh,
    async close() {
      await mesh.close();
      rmSync(config.dataDir, { recursive: true, force: true });
    },
  };
}
