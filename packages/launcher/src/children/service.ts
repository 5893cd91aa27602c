import { spawn } from "node:child_process";
import type { Env } from "@geomesh/runtime/config";
import { isReady } from "../supervisor/readiness.ts";
import { type ChildManner, HOW_TO_SPAWN } from "./child-manner.ts";
import type { Service } from "./services.ts";

const STOP_MS_MAX = 3_000;

/** How one of our own processes is run: by Node from its source, with the common environment and its own. */
export function service(
  { entry, nodeOptions = [], opsPort, environment }: Service,
  common: Env,
  node: string,
) {
  const env = { ...common, ...environment, GEOMESH_SUPERVISED: "1" };
  return {
    spawn: () => spawn(node, [...nodeOptions, entry], { ...HOW_TO_SPAWN, env }),
    isReady: () => isReady(opsPort),
    stopSignal: "SIGTERM",
    stopMsMax: STOP_MS_MAX,
  } satisfies ChildManner;
}
