import { readFileSync } from "node:fs";
import { replaceFile } from "@geomesh/runtime/files/replace-file";
import { codeOf, LaunchError } from "../launch-error.ts";

/** Writes JSON that only this user may read: all of it or nothing. Errors: those of node:fs. */
export function writePrivateJson(path: string, value: unknown): Promise<void> {
  return replaceFile(path, `${JSON.stringify(value, null, 2)}\n`);
}

/** What `writePrivateJson` or auth wrote; undefined where there is no such file. Errors: LaunchError when it is damaged. */
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
