import { fdatasync, ftruncateSync, writeSync } from "node:fs";
import { AppError } from "@geomesh/runtime/errors";
import type { Log } from "@geomesh/runtime/log";
import { FRAME_HEADER_BYTES, PAYLOAD_BYTES_MAX, writeRecordFrame } from "./record-frame.ts";
import type { Segments, Tail } from "./segments.ts";

const GROUP_BYTES_MAX = 1024 * 1024;
const RETRY_MS = 1_000;

/** What a journal works with. */
export interface JournalDeps {
  readonly segments: Segments;
  /** Hears the last durable sequence after each group. */
  readonly onDurable: (sequence: bigint) => void;
  readonly log: Log;
}

/** How safe a record is before it counts as durable. */
export interface JournalOptions {
  /** Sync before a group counts as durable; without it a group survives the process but not the machine. */
  readonly fsync: boolean;
}

let makeDurable: () => Durable;

/** A token that only the journal makes: the usage of its holder is durable, so the answer may go out. */
export class Durable {
  protected readonly isDurable = true;

  private constructor() {}

  static {
    makeDurable = () => new Durable();
  }
}

/** What waits for its usage to be durable. Of each, one of the two is called, once, and never within `append`. */
export interface Releasable {
  /** The usage is durable: answer now. An exception is logged and stops nobody else's answer. */
  release(durable: Durable): void;
  /** The usage could not be made durable: answer by this error, whose reason is USAGE_SPOOL_BROKEN. */
  withhold(error: AppError): void;
}

/** Frames that become durable together. */
interface Group {
  readonly firstSequence: bigint;
  readonly waiting: Releasable[];
}

/**
 * Appends records. Those of one turn of the event loop are one write and one sync; those that come while a sync is under
 * way make the next group. A sequence is given only where there is room, so that there is never a gap.
 */
export class Journal {
  readonly #deps: JournalDeps;
  readonly #fsync: boolean;
  #buffer = Buffer.allocUnsafe(GROUP_BYTES_MAX);
  #used = 0;
  #lastSequence = 0n;
  #group: Group | undefined;
  #isSyncing = false;
  #broken: AppError | undefined;

  constructor(deps: JournalDeps, { fsync }: JournalOptions) {
    this.#deps = deps;
    this.#fsync = fsync;
  }

  /** Appends a serialized record of up to 4 KiB. Errors: USAGE_SPOOL_FULL, USAGE_SPOOL_BROKEN; then nothing was appended. */
  append(payload: Uint8Array, waiting: Releasable): number {
    if (this.#broken !== undefined) throw this.#broken;
    const used = this.#used + FRAME_HEADER_BYTES + payload.length;
    const isOver = used > GROUP_BYTES_MAX || payload.length > PAYLOAD_BYTES_MAX;
    if (isOver || !this.#deps.segments.hasRoom(used)) throw spoolFull();
    writeRecordFrame(this.#buffer, this.#used, payload);
    this.#used = used;
    this.#lastSequence += 1n;
    this.#group ??= this.#begin(this.#lastSequence);
    this.#group.waiting.push(waiting);
    return Number(this.#lastSequence);
  }

  /** Waits until what was appended is durable or lost. */
  async close(): Promise<void> {
    while (this.#group !== undefined || this.#isSyncing) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #begin(firstSequence: bigint): Group {
    if (!this.#isSyncing) setImmediate(() => this.#commit());
    return { firstSequence, waiting: [] };
  }

  #commit(): void {
    const group = this.#group;
    if (group === undefined) return;
    const { segments } = this.#deps;
    const [used, lastSequence] = [this.#used, this.#lastSequence];
    this.#group = undefined;
    this.#used = 0;
    let place: Tail | undefined;
    try {
      const tail = segments.tailFor(used, group.firstSequence);
      place = { ...tail };
      const written = writeSync(tail.fd, this.#buffer, 0, used, tail.offset);
      if (written !== used) throw new Error(`only ${written} of ${used} bytes were written`);
      tail.offset += used;
    } catch (error) {
      this.#takeBack(place, group, error);
      return;
    }
    if (this.#fsync) this.#sync(place, group, lastSequence);
    else this.#settle(group, lastSequence);
  }

  #sync(place: Tail, group: Group, lastSequence: bigint): void {
    this.#isSyncing = true;
    fdatasync(place.fd, (error) => {
      this.#isSyncing = false;
      if (error !== null) return this.#takeBack(place, group, error);
      this.#settle(group, lastSequence);
      this.#commit();
    });
  }

  #settle(group: Group, lastSequence: bigint): void {
    this.#deps.onDurable(lastSequence);
    for (const waiting of group.waiting) this.#tell(() => waiting.release(DURABLE));
  }

  /** Removes the records of a group: its requests get no answer, so they must not be read back as if they had. */
  #takeBack(place: Tail | undefined, group: Group, error: unknown): void {
    try {
      if (place !== undefined) ftruncateSync(place.fd, place.offset);
    } finally {
      this.#fail(group, error);
    }
  }

  /** Refuses all records from now on: what is on disk is in doubt, and the next start reads what is really there. */
  #fail(group: Group, cause: unknown): void {
    this.#deps.log.fatal({ err: cause }, "cannot write usage; restart the gateway");
    this.#broken = new AppError("USAGE_SPOOL_BROKEN", { cause });
    const [error, later] = [this.#broken, this.#group];
    this.#group = undefined;
    for (const waiting of [...group.waiting, ...(later?.waiting ?? [])]) {
      this.#tell(() => waiting.withhold(error));
    }
  }

  /** The failure of one answer must not keep back the others. */
  #tell(call: () => void): void {
    try {
      call();
    } catch (err) {
      this.#deps.log.error({ err }, "an answer failed after its usage was recorded");
    }
  }
}

const DURABLE = makeDurable();
const spoolFull = () => new AppError("USAGE_SPOOL_FULL", { retryAfterMs: RETRY_MS });
