import { spawn } from "node:child_process";
import type { Env } from "@geomesh/runtime/config";
import { isReady } from "../supervisor/readiness.ts";
import { type ChildManner, howToSpawn } from "./child-manner.ts";
import type { Service } from "./services.ts";

const stopMsMax = 3_000;

/** How one of our own processes is run: by Node from its source, with the common environment and its own. */
export function service(
  { entry, nodeOptions = [], opsPort, environment }: Service,
  common: Env,
  node: string,
) {
  const env = { ...common, ...environment, GEOMESH_SUPERVISED: "1" };
  return {
    spawn: () => spawn(node, [...nodeOptions, entry], { ...howToSpawn, env }),
    isReady: () => isReady(opsPort),
    stopSignal: "SIGTERM",
    stopMsMax,
  } satisfies ChildManner;
}
