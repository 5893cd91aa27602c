import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Above any that Linux gives out. */
const NO_PROCESS = 2 ** 30;

/**
 * Where a server was killed, and its process id in the lock file belongs to another program by now, as happens in a
 * container that was started again: puts in one of nobody's. PostgreSQL would take that program for a server and refuse
 * to start. The rest of the file stays, so that it still finds out about orphans of the killed server.
 */
export function disownStaleLock(dataDir: string): void {
  const lockFile = join(dataDir, "postmaster.pid");
  if (!existsSync(lockFile) || !existsSync("/proc/self/cmdline")) return;
  const [pid = "", ...rest] = readFileSync(lockFile, "utf8").split("\n");
  if (commandLineOf(pid).includes(dataDir)) return;
  writeFileSync(lockFile, [NO_PROCESS, ...rest].join("\n"));
}

function commandLineOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${Number(pid)}/cmdline`, "utf8").split("\0");
  } catch {
    return [];
  }
}
