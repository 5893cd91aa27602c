import { spawn } from "node:child_process";
import type { Env } from "@geomesh/runtime/config";
import { problemsOf } from "../supervisor/readiness.ts";
import { type ChildKind, SPAWN_OPTIONS } from "./child-kind.ts";
import type { Service } from "./services.ts";

const STOP_MS_MAX = 3_000;

/** How one of our own processes is run: from its source by Node, with the common environment and its own. */
export function service(
  { entry, nodeOptions = [], opsPort, environment }: Service,
  common: Env,
  node: string,
) {
  const env = { ...common, ...environment, GEOMESH_SUPERVISED: "1" };
  return {
    spawn: () => spawn(node, [...nodeOptions, entry], { ...SPAWN_OPTIONS, env }),
    problems: () => problemsOf(opsPort),
    // As a person stops them: no balancer needs to learn of it first.
    stopSignal: "SIGINT",
    stopMsMax: STOP_MS_MAX,
  } satisfies ChildKind;
}
