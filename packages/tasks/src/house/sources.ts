import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";

/** One hand-written text file of the project. */
export interface Source {
  /** From the root of the project, with `/`. */
  readonly path: string;
  readonly text: string;
}

const NOT_OURS = /^((proto|test\/conformance)\/(gen|third_party)\/|package-lock\.json$|LICENSE$)/;
const TEXT = /\.(ts|mjs|mts|md|proto|sh|ya?ml|json|grit)$/;

/** The hand-written files that git knows or would add, without generated and vendored ones. */
export function readSources(root: string): Source[] {
  const argv = ["ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate"];
  const names = execFileSync("git", argv, { cwd: root, encoding: "utf8" }).trim().split("\n");
  return names
    .filter((name) => TEXT.test(name) && !NOT_OURS.test(name))
    .flatMap((name) => readIfThere(root, name));
}

/** True for code that is not a test and helps none. */
export function isProduction({ path: name }: Source): boolean {
  return (
    /\.ts$/.test(name) && !/\.test\.ts$|\/(testing|fixtures|bench|scripts)\/|^test\//.test(name)
  );
}

function readIfThere(root: string, name: string): Source[] {
  try {
    return [{ path: name, text: readFileSync(path.join(root, name), "utf8") }];
  } catch {
    // Deleted in the working copy, and not committed yet.
    return [];
  }
}
