import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { AppError } from "@geomesh/runtime/errors";
import { replaceFile } from "@geomesh/runtime/files/replace-file";

/** The file that says which version of the spool a data directory holds. */
const VERSION_FILE = "spool-version";
const VERSION = "1";
const EVIDENCE_DIR = "damaged";
const WORKER = /^worker-([1-9]\d{0,5})$/;
/** What a spool without a version consists of: that of the first build, or of a later one whose file was lost. */
const OWN_NAMES = /^(gateway-id|epoch-counter|epoch-\d+|worker-\d+)$/;

/** A worker of a gateway, from 1, and how many there are. */
export interface WorkerPlace {
  readonly worker: number;
  readonly workers: number;
}

/** The directory of a worker within the data directory of its gateway: its identity and its spool. */
export function workerDir(dir: string, worker: number): string {
  return path.join(dir, `worker-${worker}`);
}

/** Where damaged bytes of all workers are kept. */
export function evidenceDir(dir: string): string {
  return path.join(dir, EVIDENCE_DIR);
}

/**
 * The workers of an earlier start that this one has none of, and whose spools this worker takes over: each is taken over by
 * exactly one. Errors: those of node:fs.
 */
export function leftOverWorkers(dir: string, { worker, workers }: WorkerPlace): number[] {
  return readdirSync(dir)
    .map((name) => Number(WORKER.exec(name)?.[1] ?? 0))
    .filter((each) => each > workers && ((each - 1) % workers) + 1 === worker)
    .sort((a, b) => a - b);
}

/**
 * Makes sure that a data directory holds a spool of this version, and marks an empty one. Another version is left exactly
 * as it is. Errors: USAGE_SPOOL_UNWRITABLE for a spool of another version; those of node:fs.
 */
export async function checkSpoolVersion(dir: string): Promise<void> {
  const file = path.join(dir, VERSION_FILE);
  const names = readdirSync(dir);
  const isMarked = names.includes(VERSION_FILE);
  if (!isMarked && !names.some((name) => OWN_NAMES.test(name))) {
    await replaceFile(file, `${VERSION}\n`);
    return;
  }
  const found = isMarked ? readFileSync(file, "utf8").trim() : undefined;
  if (found === VERSION) return;
  const version =
    found === undefined ? "a spool without a version" : `version ${found} of the spool`;
  throw new AppError("USAGE_SPOOL_UNWRITABLE", {
    message:
      `cannot use ${dir} for usage: it holds ${version}, and this gateway knows version ${VERSION}. ` +
      "It is left as it is: start the gateway that wrote it, or choose another directory",
  });
}
