import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { DRAFT_EXTENSION, replaceFile } from "@geomesh/runtime/files/replace-file";
import { syncDirectoryNow } from "@geomesh/runtime/files/sync-directory";

const EPOCH = /^epoch-(\d{1,15})$/;

/** One start of a gateway. */
export interface GatewayEpoch {
  readonly gatewayId: string;
  readonly epoch: bigint;
}

/** The directory of an epoch: what one start of the gateway wrote. */
export interface EpochDir {
  readonly epoch: bigint;
  readonly dir: string;
}

/** Reads who this gateway is: the same after each start, made up at the first. Errors: those of node:fs. */
export async function gatewayIdOf(dir: string): Promise<string> {
  const file = path.join(dir, "gateway-id");
  const known = readText(file);
  if (known !== undefined) return known;
  const id = `gw_${randomBytes(10).toString("hex")}`;
  await replaceFile(file, `${id}\n`);
  return id;
}

/** Lists the epochs of a worker's spool whose directories are left, oldest first. Errors: those of node:fs. */
export function listEpochs(dir: string): EpochDir[] {
  return readdirSync(dir)
    .flatMap((name) => {
      const [, epoch] = EPOCH.exec(name) ?? [];
      return epoch === undefined ? [] : [{ epoch: BigInt(epoch), dir: path.join(dir, name) }];
    })
    .sort((a, b) => (a.epoch < b.epoch ? -1 : 1));
}

/**
 * Begins the next epoch. The counter outlives the directories, so that no number is used twice, and it is on disk before
 * the directory is made. Errors: those of node:fs.
 */
export async function beginEpoch(dir: string): Promise<EpochDir> {
  const counter = path.join(dir, "epoch-counter");
  const last = listEpochs(dir).at(-1)?.epoch ?? 0n;
  const counted = BigInt(readText(counter) ?? "0");
  const epoch = (counted > last ? counted : last) + 1n;
  await replaceFile(counter, `${epoch}\n`);
  const epochDir = path.join(dir, `epoch-${epoch}`);
  mkdirSync(epochDir, { mode: 0o700 });
  syncDirectoryNow(dir);
  return { epoch, dir: epochDir };
}

/** Deletes the unfinished files that a crash left in a spool. Errors: those of node:fs. */
export function deleteDrafts(dir: string): void {
  for (const name of readdirSync(dir)) {
    if (name.endsWith(DRAFT_EXTENSION)) rmSync(path.join(dir, name));
  }
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
