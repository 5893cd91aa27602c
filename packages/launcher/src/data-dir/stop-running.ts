import { join } from "node:path";
import { kill } from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import { type Clock, SYSTEM_CLOCK } from "@geomesh/runtime/clock";
import { codeOf, LaunchError } from "../launch-error.ts";
import { readPid } from "../supervisor/pid-file.ts";
import { readProc } from "./read-proc.ts";

/** The launcher ends all that it started within 10 s. */
const STOP_MS_MAX = 15_000;
const POLL_MS = 50;
/** In the command line of every launcher, also of one that an installation elsewhere runs. */
const LAUNCHER_ENTRY = "packages/launcher/src/main.ts";

/** Where the pid of a launcher is, in its data directory. */
export function launcherPidPath(dataDirPath: string): string {
  return join(dataDirPath, "run", "launcher.pid");
}

/**
 * Stops the mesh of a data directory, as Ctrl-C in its terminal does, and resolves with a sentence that says what was done.
 * Errors: LaunchError where it is another user's, or does not end within 15 s.
 */
export async function stopRunning(
  dataDirPath: string,
  { clock = SYSTEM_CLOCK }: { readonly clock?: Clock } = {},
): Promise<string> {
  const pid = readPid(launcherPidPath(dataDirPath));
  if (pid === undefined || !isLauncher(pid)) return `No mesh runs in DATA_DIR ${dataDirPath}.`;
  try {
    kill(pid, "SIGTERM");
  } catch (error) {
    throw new LaunchError(`The mesh of process ${pid} cannot be stopped (${codeOf(error)}).`);
  }
  const deadlineMs = clock.monotonicMs() + STOP_MS_MAX;
  while (isLauncher(pid)) {
    if (clock.monotonicMs() > deadlineMs) throw new LaunchError(`Process ${pid} does not end.`);
    await wait(POLL_MS);
  }
  return "Stopped.";
}

/** A pid is used again: the process counts only where it runs the launcher. */
function isLauncher(pid: number): boolean {
  return readProc(pid, "cmdline").includes(LAUNCHER_ENTRY);
}
