import { readdirSync, readlinkSync, realpathSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { type Clock, SYSTEM_CLOCK } from "@geomesh/runtime/clock";

const POLL_MS = 20;
const WAIT_MS_MAX = 10_000;

/** How to wait for processes that a killed server left. */
export interface OrphansOptions {
  /** Ends the wait. */
  readonly signal?: AbortSignal | undefined;
  /** Default is the clock of the machine. */
  readonly clock?: Clock;
}

/**
 * Waits until no process works in a data directory, 10 s at most. The processes of a killed server end by themselves, but
 * not before what they compute, and PostgreSQL refuses to start beside them. To be called before a server is started; at
 * once where Linux's `/proc` is missing. Never rejects.
 */
export async function untilOrphansEnd(
  dataDir: string,
  { signal, clock = SYSTEM_CLOCK }: OrphansOptions = {},
): Promise<void> {
  const deadlineMs = clock.monotonicMs() + WAIT_MS_MAX;
  while (!signal?.aborted && clock.monotonicMs() < deadlineMs && worksIn(dataDir)) {
    await wait(POLL_MS);
  }
}

/** Each process of PostgreSQL has the data directory as its working directory. */
function worksIn(dataDir: string): boolean {
  try {
    const path = realpathSync(dataDir);
    return readdirSync("/proc").some((name) => /^\d+$/.test(name) && cwdOf(name) === path);
  } catch {
    return false;
  }
}

function cwdOf(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}
