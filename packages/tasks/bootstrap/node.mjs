import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { pinnedNode } from "./paths.mjs";
import { SetupError } from "./setup-error.mjs";

const majorMin = 24;

/** The Node that npm linked for this platform, else the running one where it is new enough to run TypeScript. */
export function findNode() {
  if (existsSync(pinnedNode) && majorOf(versionOf(pinnedNode)) >= majorMin) return pinnedNode;
  if (majorOf(process.version) >= majorMin) return process.execPath;
  throw new SetupError(
    `Geomesh needs Node ${majorMin} or newer: npm has no Node for ${process.platform}-${process.arch} here ` +
      `and this one is ${process.version}; please install Node ${majorMin} and run the command again.`,
  );
}

function versionOf(node) {
  return spawnSync(node, ["--version"], { encoding: "utf8" }).stdout ?? "";
}

function majorOf(version) {
  return Number(/^v(\d+)\./.exec(version)?.[1] ?? 0);
}
