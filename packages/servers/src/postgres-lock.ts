import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Greater than any process id that Linux assigns. */
const NO_PROCESS = 2 ** 30;

/**
 * Replaces the process id in the lock file of a killed server if that id now belongs to another program, as happens in a
 * restarted container: PostgreSQL would take that program for a server and refuse to start. The rest of the file stays, so
 * that PostgreSQL still detects orphans of the killed server.
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
