import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Document } from "../openapi/types.ts";
import { parseAccepted, unacceptedLines } from "./accepted.ts";
import { breakingChanges } from "./documents.ts";

const DOCUMENT = "proto/gen/openapi/geomesh.openapi.json";
const ACCEPTED = "proto/accepted-changes.json";
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;

/**
 * Compares the REST API of the working copy with that of a commit. Breaking changes that are not accepted, a line each;
 * undefined where the commit has no document. Errors: Error for a commit that does not exist.
 */
export function compareWithBase(root: string, ref: string): string[] | undefined {
  const base = fileAt(root, ref, DOCUMENT);
  if (base === undefined) return undefined;
  const head = readFileSync(join(root, DOCUMENT), "utf8");
  const changes = breakingChanges(JSON.parse(base) as Document, JSON.parse(head) as Document);
  const path = join(root, ACCEPTED);
  const accepted = existsSync(path) ? parseAccepted(readFileSync(path, "utf8")) : [];
  return unacceptedLines(changes, accepted, parseAccepted(fileAt(root, ref, ACCEPTED) ?? "[]"));
}

/** A file as a commit has it; undefined where it has none. */
function fileAt(root: string, ref: string, path: string): string | undefined {
  const options = { cwd: root, maxBuffer: OUTPUT_BYTES_MAX, stdio: "pipe" } as const;
  const git = (...args: string[]) => execFileSync("git", args, { ...options, encoding: "utf8" });
  if (git("ls-tree", `${ref}^{commit}`, "--", path) === "") return undefined;
  return git("show", `${ref}:${path}`);
}
