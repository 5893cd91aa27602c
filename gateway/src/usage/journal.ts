import { fdatasync, ftruncateSync, writeSync } from "node:fs";
import { AppError } from "@geomesh/runtime/errors";
import type { Log } from "@geomesh/runtime/log";
import { FRAME_HEADER_BYTES, PAYLOAD_BYTES_MAX, writeRecordFrame } from "./record-frame.ts";
import type { Segments, Tail } from "./segments.ts";

const GROUP_BYTES_MAX = 1024 * 1024;

export interface JournalOptions {
  readonly segments: Segments;
  /** Sync before a group counts as durable; without it a group survives the process but not the machine. */
  readonly fsync: boolean;
  readonly log: Log;
  /** Hears the last durable sequence after each group. */
  readonly onDurable: (sequence: bigint) => void;
}

/** The place of a record, and when it is safe: a promise that all records of a group share. */
export interface Appended {
  readonly sequence: bigint;
  readonly durable: Promise<void>;
}

/** Frames that become durable together. */
interface Group {
  readonly firstSequence: bigint;
  readonly done: PromiseWithResolvers<void>;
}

/**
 * Appends frames. Those of one turn of the event loop are one write and one sync; those that come while a sync is under
 * way make the next group. A sequence is given only where there is room, so that there is never a gap.
 */
export class Journal {
  readonly #options: JournalOptions;
  #buffer = Buffer.allocUnsafe(GROUP_BYTES_MAX);
  #used = 0;
  #lastSequence = 0n;
  #group: Group | undefined;
  #isSyncing = false;
  #broken: AppError | undefined;

  constructor(options: JournalOptions) {
    this.#options = options;
  }

  /** Errors: unavailable USAGE_SPOOL_FULL or USAGE_SPOOL_BROKEN; nothing was appended then. */
  append(payload: Uint8Array): Appended {
    if (this.#broken !== undefined) throw this.#broken;
    const used = this.#used + FRAME_HEADER_BYTES + payload.length;
    const isOver = used > GROUP_BYTES_MAX || payload.length > PAYLOAD_BYTES_MAX;
    if (isOver || !this.#options.segments.hasRoom(used)) throw spoolFull();
    writeRecordFrame(this.#buffer, this.#used, payload);
    this.#used = used;
    this.#lastSequence += 1n;
    this.#group ??= this.#begin(this.#lastSequence);
    return { sequence: this.#lastSequence, durable: this.#group.done.promise };
  }

  /** Waits for what was appended. */
  async close(): Promise<void> {
    while (this.#group !== undefined || this.#isSyncing) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #begin(firstSequence: bigint): Group {
    const done = Promise.withResolvers<void>();
    // Whoever awaits it hears of a failure; it must not end the process when nobody does.
    done.promise.catch(() => undefined);
    if (!this.#isSyncing) setImmediate(() => this.#commit());
    return { firstSequence, done };
  }

  #commit(): void {
    const group = this.#group;
    if (group === undefined) return;
    const { segments, fsync } = this.#options;
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
    if (fsync) this.#sync(place, group, lastSequence);
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
    group.done.resolve();
    this.#options.onDurable(lastSequence);
  }

  /** Requests of this group get no answer, so its records must not be read back as if they had. */
  #takeBack(place: Tail | undefined, group: Group, error: unknown): void {
    try {
      if (place !== undefined) ftruncateSync(place.fd, place.offset);
    } finally {
      this.#fail(group, error);
    }
  }

  /** What is on disk now is in doubt. The next start reads what is really there; until then nothing is answered. */
  #fail(group: Group, cause: unknown): void {
    this.#options.log.fatal({ err: cause }, "usage cannot be written; restart the gateway");
    const sentence = "usage cannot be recorded";
    this.#broken = new AppError("USAGE_SPOOL_BROKEN", { message: sentence, cause });
    group.done.reject(this.#broken);
    this.#group?.done.reject(this.#broken);
    this.#group = undefined;
  }
}

function spoolFull(): AppError {
  return new AppError("USAGE_SPOOL_FULL", {
    message: "usage cannot be recorded for the moment",
    retryAfterMs: 1_000,
  });
}
