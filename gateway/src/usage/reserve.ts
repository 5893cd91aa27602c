import { randomBytes } from "node:crypto";
import { closeSync, fstatSync, openSync, statSync, truncateSync, writeSync } from "node:fs";
import path from "node:path";

const RESERVE_BYTES = 256 * 1024;
/** More than a start takes: a counter that is replaced and a directory. */
const STEP_BYTES = 32 * 1024;

const reservePath = (dir: string) => path.join(dir, "reserve");

/**
 * Fills a file whose room the next starts may use, so that a gateway starts on a full disk and can send what fills it. What
 * the disk has no room for is missing. Errors: those of node:fs, here and below.
 */
export function fillReserve(dir: string): void {
  const fd = openSync(reservePath(dir), "a", 0o600);
  try {
    const missing = RESERVE_BYTES - fstatSync(fd).size;
    // A disk that compresses would keep no room for zeros.
    if (missing > 0) writeSync(fd, randomBytes(missing));
  } catch (error) {
    if (!isFull(error)) throw error;
  } finally {
    closeSync(fd);
  }
}

/** Does work that takes a little room; on a full disk it is tried again with more and more of the reserve. */
export async function withReserve<T>(dir: string, work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const bytes = isFull(error) ? statSync(reservePath(dir)).size : 0;
      if (bytes === 0) throw error;
      truncateSync(reservePath(dir), Math.max(0, bytes - STEP_BYTES));
    }
  }
}

function isFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOSPC" || code === "EDQUOT";
}
