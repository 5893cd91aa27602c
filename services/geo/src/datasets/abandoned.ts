import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

const ABANDONED_MS = 3_600_000;

/** Which files of a directory are unfinished ones, and what time it is. */
export interface AbandonedOptions {
  readonly isUnfinished: (name: string) => boolean;
  /** Milliseconds of Unix time. */
  readonly wallMs: number;
}

/**
 * Removes unfinished files that have not changed for an hour: a process that was killed left them. The time of the last
 * change (ctime) decides, because a file that is about to be put in place already bears its final time of modification,
 * which may be years old. Errors: those of node:fs.
 */
export async function removeAbandoned(
  directory: string,
  { isUnfinished, wallMs }: AbandonedOptions,
): Promise<void> {
  for (const name of (await readdir(directory)).filter(isUnfinished)) {
    const path = join(directory, name);
    const found = await stat(path).catch(() => undefined);
    if (found && wallMs - found.ctimeMs > ABANDONED_MS) await rm(path, { force: true });
  }
}
