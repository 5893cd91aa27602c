import { readdirSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { kill } from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import { type Clock, SYSTEM_CLOCK } from "@geomesh/runtime/clock";
import { DRAFT_EXTENSION } from "@geomesh/runtime/files/replace-file";
import { readPid, removePid } from "../supervisor/pid-file.ts";
import type { DataDir } from "./data-dir.ts";
import { readProc } from "./read-proc.ts";

const GRACE_MS = 5_000;
const POLL_MS = 20;

/** What the search works with. */
export interface LeftoversDeps {
  /** Takes one line for the person at the terminal. */
  readonly report: (line: string) => void;
  /** Default is the clock of the machine. */
  readonly clock?: Clock;
}

/**
 * Stops the processes that a killed launcher left behind, by the pid files in its data directory, and removes unfinished
 * files. A pid may belong to another program by now: a process counts as ours only if its command line or environment names
 * the directory. Call it with the directory locked.
 */
export async function stopLeftovers(
  dataDir: DataDir,
  { report, clock = SYSTEM_CLOCK }: LeftoversDeps,
): Promise<void> {
  const runDir = dirname(dataDir.pidPath("any"));
  const pidFiles = readdirSync(runDir).filter((name) => name.endsWith(".pid"));
  await Promise.all(
    pidFiles.map(async (file) => {
      const name = basename(file, ".pid");
      const pidPath = dataDir.pidPath(name);
      const pid = readPid(pidPath);
      if (pid !== undefined && belongsTo(pid, dataDir.path)) {
        report(`Stopping ${name} (process ${pid}), left by a launcher that was killed.`);
        await end(pid, dataDir.path, clock);
      }
      removePid(pidPath);
    }),
  );
  for (const dir of [dataDir.path, runDir]) removeDrafts(dir);
}

/** Removes what `replaceFile` had not finished. */
function removeDrafts(dir: string): void {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    if (entry.isFile() && entry.name.endsWith(DRAFT_EXTENSION)) rmSync(join(dir, entry.name));
  }
}

function belongsTo(pid: number, dataDirPath: string): boolean {
  return (["cmdline", "environ"] as const).some((what) =>
    readProc(pid, what)
      .split("\0")
      .some((word) => namesPath(word, dataDirPath)),
  );
}

/** True of `/data`, `/data/nats` and `GEO_DATA_DIR=/data/geo`, but not of `/data2` for `/data`. */
function namesPath(word: string, path: string): boolean {
  const at = word.indexOf(path);
  if (at === -1 || (at > 0 && word[at - 1] !== "=")) return false;
  const next = word[at + path.length];
  return next === undefined || next === "/";
}

async function end(pid: number, dataDirPath: string, clock: Clock): Promise<void> {
  // On SIGINT every program of the mesh ends soon; on SIGTERM PostgreSQL would wait for its clients.
  for (const signal of ["SIGINT", "SIGKILL"] as const) {
    signalIfThere(pid, signal);
    const deadlineMs = clock.monotonicMs() + GRACE_MS;
    while (clock.monotonicMs() < deadlineMs) {
      if (!belongsTo(pid, dataDirPath)) return;
      await wait(POLL_MS);
    }
  }
}

function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    kill(pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}
