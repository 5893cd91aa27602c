import { readFileSync } from "node:fs";

const SAMPLE_MS = 100;

/** Resident memory of a process now, in MiB, from /proc/<pid>/status (proc_pid_status(5), VmRSS). */
export function residentMib(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kib) / 1024;
}

/** Watches the resident memory of a process; what it returns ends that, and gives the most that was seen, in MiB. */
export function watchMemory(pid: number): () => number {
  let most = residentMib(pid);
  const look = () => {
    most = Math.max(most, residentMib(pid));
  };
  const timer = setInterval(look, SAMPLE_MS);
  return () => {
    clearInterval(timer);
    return most;
  };
}
