import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Log } from "@geomesh/runtime/log";
import type { GatewayEpoch } from "./epochs.ts";

/** Bytes of a segment that are no frame, or a damaged one. */
export interface Damage {
  readonly path: string;
  readonly offset: number;
  readonly bytes: Uint8Array;
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
  readonly #lostThrough = new Map<string, number>();
  /** Damaged bytes that this process met. */
  damagedBytes = 0;
  /** Records that this process found to be lost. */
  lostRecords = 0;

  constructor(deps: EvidenceDeps) {
    this.#deps = deps;
  }

  /** Keeps a copy of damaged bytes. A directory that takes no file does not stop the reading. */
  keep({ gatewayId, epoch }: GatewayEpoch, { path: file, offset, bytes }: Damage): void {
    const name = `${gatewayId}-epoch-${epoch}-${path.basename(file, ".spool")}-${offset}.damaged`;
    if (this.#kept.has(name)) return;
    this.#kept.add(name);
    this.damagedBytes += bytes.length;
    const { dir, log } = this.#deps;
    const evidence = path.join(dir, name);
    log.error({ file, offset, bytes: bytes.length, evidence }, "damaged usage is kept aside");
    try {
      mkdirSync(dir, { recursive: true, mode: 0o700 });
      writeFileSync(evidence, bytes, { mode: 0o600, flag: "wx", flush: true });
    } catch (err) {
      if ((err as NodeJS.ErrnoException).code === "EEXIST") return;
      log.error({ err, evidence }, "damaged usage cannot be kept aside");
    }
  }

  /** Counts records that are missing or damaged, of those that follow what was counted of the epoch. */
  lose({ gatewayId, epoch }: GatewayEpoch, firstSequence: number, lastSequence: number): void {
    const key = `${gatewayId} ${epoch}`;
    const first = Math.max(firstSequence, (this.#lostThrough.get(key) ?? 0) + 1);
    if (first > lastSequence) return;
    this.#lostThrough.set(key, lastSequence);
    this.lostRecords += lastSequence - first + 1;
    this.#deps.log.error(
      { gatewayId, epoch: `${epoch}`, firstSequence: first, lastSequence },
      "usage is lost: it is reported without account and units",
    );
  }
}
