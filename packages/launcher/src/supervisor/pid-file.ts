import { readFileSync, rmSync } from "node:fs";
import { replaceFile } from "@geomesh/runtime/files/replace-file";

/** The process that a pid file names, or undefined where there is no such file or no number in it. */
export function readPid(path: string): number | undefined {
  try {
    const pid = Number(readFileSync(path, "utf8"));
    return Number.isSafeInteger(pid) && pid > 1 ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** Writes the pid of a process: all of it or nothing. Errors: those of node:fs. */
export function writePid(path: string, pid: number): Promise<void> {
  return replaceFile(path, `${pid}\n`, { mode: 0o644 });
}

/** Removes a pid file, if it is there. */
export function removePid(path: string): void {
  rmSync(path, { force: true });
}
