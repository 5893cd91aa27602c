import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

const ABANDONED_MS = 3_600_000;

/** Removes files that a process left behind when it was killed while it wrote them: such names, an hour old. */
export async function removeAbandoned(directory: string, names: RegExp): Promise<void> {
  for (const name of await readdir(directory)) {
    if (!names.test(name)) continue;
    const path = join(directory, name);
    const found = await stat(path).catch(() => undefined);
    if (found && Date.now() - found.mtimeMs > ABANDONED_MS) await rm(path, { force: true });
  }
}
