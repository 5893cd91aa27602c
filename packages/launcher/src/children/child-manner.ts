import type { SpawnOptions } from "node:child_process";
import type { ChildSpec } from "../supervisor/supervised-child.ts";

/** What is particular to one child; the rest is the same for all. */
export type ChildManner = Pick<ChildSpec, "spawn" | "isReady" | "stopSignal" | "stopMsMax">;

/**
 * Each child is in a group of its own, so that Ctrl-C in a terminal reaches the launcher alone and the children end in
 * order. Their standard input ends when the launcher does, however that comes about.
 */
export const HOW_TO_SPAWN = { detached: true, stdio: "pipe" } as const satisfies SpawnOptions;
