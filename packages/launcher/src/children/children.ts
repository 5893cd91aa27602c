import type { Env } from "@geomesh/runtime/config";
import type { Cluster } from "@geomesh/servers/postgres";
import { type LauncherConfig, SERVICE_NAMES, type ServiceName } from "../config.ts";
import type { DataDir } from "../data-dir/data-dir.ts";
import type { Machine } from "../machine.ts";
import type { Stores } from "../stores.ts";
import { SupervisedChild } from "../supervisor/supervised-child.ts";
import type { ChildManner } from "./child-manner.ts";
import { nats } from "./nats.ts";
import { postgres } from "./postgres.ts";
import { service } from "./service.ts";
import { services } from "./services.ts";

export type ChildName = ServiceName | "nats" | "postgres";

/** Long, as the first start of geo unpacks its dataset. */
const READY_MS_MAX = 60_000;

export interface ChildrenOptions {
  readonly config: LauncherConfig;
  readonly dataDir: DataDir;
  readonly stores: Stores;
  readonly machine: Machine;
  /** Undefined where the databases are elsewhere. */
  readonly cluster: Cluster | undefined;
  readonly report: (line: string) => void;
}

export type Children = ReadonlyMap<ChildName, SupervisedChild>;

/** Every process of this mesh, none of them started yet. */
export function meshChildren(options: ChildrenOptions): Children {
  const { dataDir, report } = options;
  const children = [...manners(options)].map(([name, manner]) => {
    const [logPath, pidPath] = [dataDir.logPath(name), dataDir.pidPath(name)];
    const spec = { ...manner, name, readyMsMax: READY_MS_MAX, logPath, pidPath };
    return [name, new SupervisedChild(spec, { report })] as const;
  });
  return new Map(children);
}

function manners({ config, dataDir, stores, machine, cluster }: ChildrenOptions) {
  const all = services(config, dataDir, stores);
  const found = new Map<ChildName, ChildManner>(
    SERVICE_NAMES.map((name) => [
      name,
      service(all[name], environmentFor(name, config.environment), machine.execPath),
    ]),
  );
  if (config.natsUrl === undefined) found.set("nats", nats(config, dataDir));
  if (cluster !== undefined) found.set("postgres", postgres(cluster, config.ports.postgres));
  return found;
}

/** The credentials for downloading datasets are geo's alone. */
function environmentFor(name: ServiceName, common: Env): Env {
  if (name === "geo") return common;
  return Object.fromEntries(
    Object.entries(common).filter(([key]) => !key.startsWith("GEO_MAXMIND_")),
  );
}
