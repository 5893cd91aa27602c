import { spawn } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { problemsOf } from "@geomesh/launcher/supervisor/readiness";
import { SupervisedChild } from "@geomesh/launcher/supervisor/supervised-child";
import type { Env } from "@geomesh/runtime/config";
import { freePort } from "@geomesh/testing/free-port";
import type { TestMesh } from "../support/mesh.ts";

const READY_MS_MAX = 60_000;
const STOP_MS_MAX = 15_000;
const ENTRIES = { gateway: "gateway", auth: "services/auth", metering: "services/metering" };

/** A process that a mesh can have several of. */
export type Repeatable = keyof typeof ENTRIES;

/** One more process of a kind that a mesh runs already. */
export interface Replica {
  readonly name: string;
  readonly port: number;
  readonly opsPort: number;
  readonly dataDir: string;
  readonly child: SupervisedChild;
}

/** What differs from the process that the mesh runs. */
export interface ReplicaOptions {
  readonly mesh: TestMesh;
  readonly kind: Repeatable;
  readonly name: string;
  readonly more?: Env;
}

/** Starts nothing yet: one more process with the settings of the mesh's own, but ports, a socket and a directory of its own. */
export async function replicaOf(options: ReplicaOptions): Promise<Replica> {
  const { mesh, kind, name, more } = options;
  const dir = join(mesh.dataDir, name);
  mkdirSync(dir, { recursive: true });
  const [port, opsPort] = [await freePort(), await freePort()];
  const prefix = kind.toUpperCase();
  const own: Env = {
    [`${prefix}_PORT`]: `${port}`,
    [`${prefix}_OPS_PORT`]: `${opsPort}`,
    ...(kind === "gateway" ? { GATEWAY_DATA_DIR: dir } : { [`${prefix}_SOCKET`]: "" }),
  };
  const env = { ...environmentOf(mesh.pids()[kind] ?? 0), ...own, ...more };
  const entry = fileURLToPath(new URL(`../../${ENTRIES[kind]}/src/main.ts`, import.meta.url));
  const child = new SupervisedChild(
    {
      name,
      spawn: () => spawn(process.execPath, [entry], { env, detached: true, stdio: "pipe" }),
      problems: () => problemsOf(opsPort),
      readyMsMax: READY_MS_MAX,
      stopSignal: "SIGTERM",
      stopMsMax: STOP_MS_MAX,
      logPath: join(mesh.dataDir, "log", `${name}.log`),
      pidPath: join(mesh.dataDir, "run", `${name}.pid`),
    },
    { report: () => undefined },
  );
  return { name, port, opsPort, dataDir: env["GATEWAY_DATA_DIR"] ?? dir, child };
}

/** The environment that a process was started with, which the launcher made. */
export function environmentOf(pid: number): Env {
  const entries = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
  return Object.fromEntries(
    entries.flatMap((entry) => {
      const at = entry.indexOf("=");
      return at > 0 ? [[entry.slice(0, at), entry.slice(at + 1)]] : [];
    }),
  );
}
