import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";

/** Writes JSON that only this user may read: all of it or nothing. Two writers of one file must not meet. */
export function writePrivateJson(path: string, value: unknown): void {
  const draft = `${path}.draft`;
  rmSync(draft, { force: true });
  writeFileSync(draft, `${JSON.stringify(value, null, 2)}\n`, { flag: "wx", mode: 0o600 });
  renameSync(draft, path);
}

/** Undefined where there is no such file; rejects what is not a JSON object of strings. */
export function readPrivateJson(path: string): Record<string, string> | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
  return JSON.parse(text);
}
