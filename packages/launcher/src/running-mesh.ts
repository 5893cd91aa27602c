import type { ChildName, Children } from "./children/children.ts";
import type { LauncherConfig } from "./config.ts";
import type { Credentials } from "./data-dir/credentials.ts";

/** A running mesh. */
export interface Mesh extends Credentials {
  readonly baseUrl: string;
  /** The addresses of the gRPC services, `host:port`. */
  readonly addresses: { readonly geo: string; readonly auth: string; readonly metering: string };
  /** The pids of the processes that run now. */
  pids(): Partial<Record<ChildName, number>>;
  /** Stops a process until `start`. */
  stop(name: ChildName): Promise<void>;
  /** Starts a process that was stopped, or waits for one that was killed. Resolves once it is ready. */
  start(name: ChildName): Promise<void>;
  /** Kills a process by SIGKILL. It is restarted after a moment, as after any crash. */
  kill(name: ChildName): Promise<void>;
  /** Stops every process within 10 s, each before those that it needs. */
  close(): Promise<void>;
}

/** Puts together what a caller may do with a running mesh. */
export function runningMesh(
  { ports }: LauncherConfig,
  baseUrl: string,
  credentials: Credentials,
  children: Children,
  close: () => Promise<void>,
): Mesh {
  const local = (port: number) => `127.0.0.1:${port}`;
  const child = (name: ChildName) => {
    const found = children.get(name);
    if (found === undefined) throw new Error(`${name} is not run by this mesh`);
    return found;
  };
  let closed: Promise<void> | undefined;
  return {
    baseUrl,
    ...credentials,
    addresses: {
      geo: local(ports.geo),
      auth: local(ports.auth),
      metering: local(ports.metering),
    },
    pids: () => pidsOf(children),
    stop: async (name) => child(name).stop(),
    start: async (name) => child(name).start(),
    kill: async (name) => child(name).kill(),
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}

function pidsOf(children: Children): Partial<Record<ChildName, number>> {
  const pids: Partial<Record<ChildName, number>> = {};
  for (const [name, { pid }] of children) if (pid !== undefined) pids[name] = pid;
  return pids;
}
