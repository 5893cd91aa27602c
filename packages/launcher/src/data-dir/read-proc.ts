import { readFileSync } from "node:fs";

/** What Linux tells of a process, its words apart by NUL; empty where the process is gone or another user's. */
export function readProc(pid: number, what: "cmdline" | "environ"): string {
  try {
    return readFileSync(`/proc/${pid}/${what}`, "utf8");
  } catch {
    return "";
  }
}
