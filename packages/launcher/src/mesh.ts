import { baseUrlOf } from "./base-url.ts";
import { type Children, meshChildren } from "./children/children.ts";
import { closeChildren, startChildren } from "./children/order.ts";
import { clusterOf, ensureCluster, ensureServiceDatabases } from "./children/postgres.ts";
import { tellStarts } from "./children/tell-starts.ts";
import type { LauncherConfig } from "./config.ts";
import { completeCredentials } from "./data-dir/credentials.ts";
import { type DataDir, openDataDir } from "./data-dir/data-dir.ts";
import { keepIdempotencyKey } from "./data-dir/idempotency-key.ts";
import { stopLeftovers } from "./data-dir/leftovers.ts";
import { lockDataDir } from "./data-dir/lock.ts";
import { keptPasswords, type Passwords } from "./data-dir/passwords.ts";
import { launcherPidPath } from "./data-dir/stop-running.ts";
import { makeTrust, type Trust } from "./data-dir/trust.ts";
import type { Machine } from "./machine.ts";
import { checkPorts } from "./ports.ts";
import { type Mesh, runningMesh } from "./running-mesh.ts";
import { needsPostgres, storesOf } from "./stores.ts";
import { removePid, writePid } from "./supervisor/pid-file.ts";
import { wantedPorts } from "./wanted-ports.ts";

/** How a mesh is started. */
export interface MeshOptions {
  readonly machine: Machine;
  /** Takes one line for the person at the terminal. */
  readonly report: (line: string) => void;
  /** Ends a start that is under way when it aborts. */
  readonly signal?: AbortSignal;
}

/**
 * Starts the whole mesh and resolves once every process is ready. Errors: LaunchError, StartError or AppError, with a sentence
 * for the person at the terminal; no process is left running then.
 */
export async function startMesh(config: LauncherConfig, options: MeshOptions): Promise<Mesh> {
  const dataDir = openDataDir(config.dataDir);
  const lock = await lockDataDir(dataDir.path);
  let children: Children = new Map();
  let trust: Trust | undefined;
  const pidPath = launcherPidPath(dataDir.path);
  const close = async () => {
    await closeChildren(children);
    trust?.close();
    removePid(pidPath);
    await lock.release();
  };
  try {
    await stopLeftovers(dataDir, { report: options.report });
    await writePid(pidPath, options.machine.pid);
    await checkPorts(wantedPorts(config));
    const passwords = await keptPasswords(dataDir.passwordsPath);
    await keepIdempotencyKey(dataDir.idempotencyKeyPath);
    trust = makeTrust(dataDir);
    children = await prepare(config, { dataDir, passwords, trust }, options);
    await start(children, passwords, config.ports.postgres, options);
    const baseUrl = baseUrlOf(config.gatewayHost, config.ports.gateway);
    const { operatorToken } = trust;
    const credentials = await completeCredentials(dataDir.credentialsPath, {
      baseUrl,
      operatorToken,
    });
    return runningMesh(config, baseUrl, credentials, children, close);
  } catch (error) {
    await close();
    throw error;
  }
}

interface Prepared {
  readonly dataDir: DataDir;
  readonly passwords: Passwords;
  readonly trust: Trust;
}

async function prepare(
  config: LauncherConfig,
  { dataDir, passwords, trust }: Prepared,
  { machine, report, signal }: MeshOptions,
): Promise<Children> {
  const stores = storesOf(config, passwords);
  const cluster = needsPostgres(config) ? clusterOf(dataDir, passwords, machine) : undefined;
  if (cluster !== undefined) await ensureCluster(cluster, { report, signal });
  return meshChildren({ config, dataDir, trust, stores, machine, cluster, report });
}

async function start(
  children: Children,
  passwords: Passwords,
  postgresPort: number,
  { report, signal }: MeshOptions,
): Promise<void> {
  const abandon = () => {
    for (const child of children.values()) void child.stop();
  };
  signal?.throwIfAborted();
  signal?.addEventListener("abort", abandon, { once: true });
  const teller = tellStarts(children, { report });
  try {
    await startChildren(children, () => ensureServiceDatabases(passwords, postgresPort));
  } finally {
    teller.close();
    signal?.removeEventListener("abort", abandon);
  }
}
