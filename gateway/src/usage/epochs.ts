import { randomBytes } from "node:crypto";
import {
  closeSync,
  fdatasyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeSync,
} from "node:fs";
import path from "node:path";
import { syncDirectory } from "./segment.ts";

const EPOCH = /^epoch-(\d{1,15})$/;

/** Who this gateway is: the same after each start, made up at the first. */
export function gatewayIdOf(dir: string): string {
  const file = path.join(dir, "gateway-id");
  const known = readText(file);
  if (known !== undefined) return known;
  const id = `gw_${randomBytes(10).toString("hex")}`;
  writeDurably(file, id);
  return id;
}

export interface EpochDir {
  readonly epoch: bigint;
  readonly dir: string;
}

/** The epochs that left a directory, oldest first. */
export function listEpochs(dir: string): EpochDir[] {
  return readdirSync(dir)
    .flatMap((name) => {
      const [, epoch] = EPOCH.exec(name) ?? [];
      return epoch === undefined ? [] : [{ epoch: BigInt(epoch), dir: path.join(dir, name) }];
    })
    .sort((a, b) => (a.epoch < b.epoch ? -1 : 1));
}

/** Begins the next epoch. The counter outlives the directories, so that no number ever comes twice. */
export function beginEpoch(dir: string): EpochDir {
  const counter = path.join(dir, "epoch-counter");
  const last = listEpochs(dir).at(-1)?.epoch ?? 0n;
  const counted = BigInt(readText(counter) ?? "0");
  const epoch = (counted > last ? counted : last) + 1n;
  writeDurably(counter, `${epoch}`);
  const epochDir = path.join(dir, `epoch-${epoch}`);
  mkdirSync(epochDir, { mode: 0o700 });
  syncDirectory(dir);
  return { epoch, dir: epochDir };
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function writeDurably(file: string, text: string): void {
  const temporary = `${file}.new`;
  const fd = openSync(temporary, "w", 0o600);
  writeSync(fd, `${text}\n`);
  fdatasyncSync(fd);
  closeSync(fd);
  renameSync(temporary, file);
  syncDirectory(path.dirname(file));
}
