import type { SpawnOptions } from "node:child_process";
import type { ChildSpec } from "../supervisor/supervised-child.ts";

/** What differs from child to child; the rest is the same for all. */
export type ChildKind = Pick<ChildSpec, "spawn" | "problems" | "stopSignal" | "stopMsMax">;

/**
 * Each child has a process group of its own, so that Ctrl-C in a terminal reaches only the launcher and the children end in
 * order. Their standard input ends when the launcher ends, in whatever way.
 */
export const SPAWN_OPTIONS = { detached: true, stdio: "pipe" } as const satisfies SpawnOptions;
