import { existsSync, linkSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { DRAFT_EXTENSION } from "@geomesh/runtime/files/replace-file";
import { syncDirectoryNow } from "@geomesh/runtime/files/sync-directory";
import type { Log } from "@geomesh/runtime/log";
import type { GatewayEpoch } from "./epochs.ts";
import { LostRanges } from "./lost-ranges.ts";

/** Bytes of a segment that are no frame, or a damaged one. */
export interface Damage {
  readonly path: string;
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** Whether it is the last group, as a power cut leaves it: not durable, so nobody was answered. */
  readonly isTorn: boolean;
}

/** What is kept of damage. */
export interface EvidenceDeps {
  /** Where the damaged bytes go. Nothing here is ever deleted. */
  readonly dir: string;
  readonly log: Log;
}

/** Keeps damaged bytes for an operator to look at, and counts what is lost. The same damage counts once, however often it is met. */
export class Evidence {
  readonly #deps: EvidenceDeps;
  readonly #kept = new Set<string>();
  readonly #lost = new Map<string, LostRanges>();
  /** Damaged bytes that this process met. */
  damagedBytes = 0;
  /** Records that this process found to be lost. */
  lostRecords = 0;

  constructor(deps: EvidenceDeps) {
    this.#deps = deps;
  }

  /** Keeps a copy of damaged bytes. A directory that takes no file does not stop the reading. */
  keep({ gatewayId, epoch }: GatewayEpoch, { path: file, offset, bytes, isTorn }: Damage): void {
    const segment = path.basename(file, ".spool");
    const name = `${gatewayId}-epoch-${epoch}-${segment}-${offset}.${isTorn ? "torn" : "damaged"}`;
    if (this.#kept.has(name)) return;
    this.#kept.add(name);
    this.damagedBytes += bytes.length;
    const { dir, log } = this.#deps;
    const evidence = path.join(dir, name);
    const found = { file, offset, bytes: bytes.length, evidence };
    if (isTorn) log.warn(found, "a group of usage that was not finished is kept aside");
    else log.error(found, "damaged usage is kept aside");
    try {
      mkdirSync(dir, { recursive: true, mode: 0o700 });
      if (!existsSync(evidence)) keepCopy(evidence, { path: file, bytes });
    } catch (err) {
      log.error({ err, evidence }, "damaged usage cannot be kept aside");
    }
  }

  /** Counts records that are missing or damaged, as far as they were not counted before. */
  lose({ gatewayId, epoch }: GatewayEpoch, firstSequence: number, lastSequence: number): void {
    const key = `${gatewayId} ${epoch}`;
    const lost = this.#lost.get(key) ?? new LostRanges();
    this.#lost.set(key, lost);
    for (const { first, last } of lost.add({ first: firstSequence, last: lastSequence })) {
      this.lostRecords += last - first + 1;
      this.#deps.log.error(
        { gatewayId, epoch: `${epoch}`, firstSequence: first, lastSequence: last },
        "usage is lost: it is reported without account and units",
      );
    }
  }
}

/** Writes a file that is there as a whole or not at all. A full disk has room for a second name of the segment. */
function keepCopy(evidence: string, { path: file, bytes }: Pick<Damage, "path" | "bytes">): void {
  const draft = `${evidence}${DRAFT_EXTENSION}`;
  try {
    writeFileSync(draft, bytes, { mode: 0o600, flush: true });
    renameSync(draft, evidence);
  } catch {
    rmSync(draft, { recursive: true, force: true });
    linkSync(file, evidence);
  }
  syncDirectoryNow(path.dirname(evidence));
}
