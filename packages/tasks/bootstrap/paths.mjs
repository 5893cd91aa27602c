import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../..", import.meta.url));
export const modules = join(root, "node_modules");
const bin = join(modules, ".bin");
export const pinnedNode = join(bin, "node");

/**
 * The environment with the project's own tools, its Node among them, before the system's. Node keeps what it compiled,
 * which saves each process of the mesh a third of the time that it takes to come up.
 */
export function environmentFor(env) {
  const PATH = [bin, ...systemPath(env)].join(delimiter);
  return { NODE_COMPILE_CACHE: join(modules, ".cache/node"), ...env, PATH };
}

/** PATH without the project's tools: npm must not run on a Node that it is about to replace. */
export function environmentOfSystem(env) {
  return { ...env, PATH: systemPath(env).join(delimiter) };
}

function systemPath(env) {
  return (env.PATH ?? "").split(delimiter).filter((dir) => dir !== "" && dir !== bin);
}
