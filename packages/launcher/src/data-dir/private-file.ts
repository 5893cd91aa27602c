import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { codeOf, LaunchError } from "../launch-error.ts";

/** Writes JSON that only this user may read: all of it or nothing. Two writers of one file must not meet. */
export function writePrivateJson(path: string, value: unknown): void {
  const draft = `${path}.draft`;
  rmSync(draft, { force: true });
  writeFileSync(draft, `${JSON.stringify(value, null, 2)}\n`, { flag: "wx", mode: 0o600 });
  renameSync(draft, path);
}

/** What `writePrivateJson` or auth wrote; undefined where there is no such file. Throws a LaunchError where it is damaged. */
export function readPrivateJson(path: string): Record<string, string> | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw new LaunchError(`${path} cannot be read (${codeOf(error)}).`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new LaunchError(
      `${path} is damaged: put back a copy of it, or begin with another DATA_DIR.`,
    );
  }
}
