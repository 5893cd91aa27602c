import type { Env } from "@geomesh/runtime/config";
import type { Cluster } from "@geomesh/servers/postgres";
import { type LauncherConfig, SERVICE_NAMES, type ServiceName } from "../config.ts";
import type { DataDir } from "../data-dir/data-dir.ts";
import type { Trust } from "../data-dir/trust.ts";
import type { Machine } from "../machine.ts";
import type { Stores } from "../stores.ts";
import { SupervisedChild } from "../supervisor/supervised-child.ts";
import type { ChildKind } from "./child-kind.ts";
import { nats } from "./nats.ts";
import { postgres } from "./postgres.ts";
import { service } from "./service.ts";
import { services } from "./services.ts";

/** The name of a process that the launcher runs. */
export type ChildName = ServiceName | "nats" | "postgres";

/** Long, because the first start of geo unpacks its dataset. */
const READY_MS_MAX = 60_000;

/** Settings that are secrets, by the beginnings of their names, and the one process that gets them. */
const SECRETS: Readonly<Record<string, ServiceName>> = {
  GEO_MAXMIND_: "geo",
  AUTH_ADMIN_KEY: "auth",
};

/** What the children depend on. */
export interface ChildrenOptions {
  readonly config: LauncherConfig;
  readonly dataDir: DataDir;
  readonly trust: Trust;
  readonly stores: Stores;
  readonly machine: Machine;
  /** Undefined where the databases run elsewhere. */
  readonly cluster: Cluster | undefined;
  /** Takes one line for the person at the terminal. */
  readonly report: (line: string) => void;
}

/** The processes of a mesh by name. */
export type Children = ReadonlyMap<ChildName, SupervisedChild>;

/** Every process of this mesh, not started yet. */
export function meshChildren(options: ChildrenOptions): Children {
  const { dataDir, report } = options;
  const children = [...kinds(options)].map(([name, kind]) => {
    const [logPath, pidPath] = [dataDir.logPath(name), dataDir.pidPath(name)];
    const spec = { ...kind, name, readyMsMax: READY_MS_MAX, logPath, pidPath };
    return [name, new SupervisedChild(spec, { report })] as const;
  });
  return new Map(children);
}

function kinds({ config, dataDir, trust, stores, machine, cluster }: ChildrenOptions) {
  const all = services(config, { dataDir, trust, stores });
  const found = new Map<ChildName, ChildKind>(
    SERVICE_NAMES.map((name) => [
      name,
      service(all[name], environmentFor(name, config.environment), machine.execPath),
    ]),
  );
  const { configFile } = trust.natsUsers;
  if (config.natsUrl === undefined) found.set("nats", nats(config, dataDir, configFile));
  if (cluster !== undefined) found.set("postgres", postgres(cluster, config.ports.postgres));
  return found;
}

/** Only geo gets the credentials for downloading datasets, and only auth the key of an administrator. */
function environmentFor(name: ServiceName, common: Env): Env {
  const others = Object.keys(SECRETS).filter((prefix) => SECRETS[prefix] !== name);
  return Object.fromEntries(
    Object.entries(common).filter(([key]) => !others.some((prefix) => key.startsWith(prefix))),
  );
}
