import { AppError } from "@geomesh/runtime/errors";
import type { Log } from "@geomesh/runtime/log";
import type { ReadinessProblem } from "@geomesh/runtime/telemetry/ops-server";
import type { Disk } from "./disk.ts";
import { Group } from "./group.ts";
import { KindTable } from "./kind-table.ts";
import type { Segments, Tail } from "./segments.ts";
import type { Usage } from "./usage.ts";

const RETRY_MS = 1_000;
/** As a record with a new kind usually takes, with the frame that it begins. */
const RECORD_BYTES = 256;
const BROKEN: ReadinessProblem = {
  reason: "spool_broken",
  message: "usage cannot be written; the process ends, to be started again",
};
const FULL: ReadinessProblem = { reason: "spool_full", message: "the usage spool is full" };

let makeDurable: () => Durable;

/** A token that only the journal makes: the usage of its holder is durable, so the answer may go out. */
export class Durable {
  protected readonly isDurable = true;

  private constructor() {}

  static {
    makeDurable = () => new Durable();
  }
}

const DURABLE = makeDurable();

/** What waits for its usage to be durable. Of each, one of the two is called, once, and never within `append`. */
export interface Releasable {
  /** The usage is durable: answer now. An exception is logged and stops nobody else's answer. */
  release(durable: Durable): void;
  /** The usage could not be made durable: answer by this error, whose reason is USAGE_SPOOL_BROKEN. */
  withhold(error: AppError): void;
}

/** What a journal works with. */
export interface JournalDeps {
  readonly segments: Segments;
  readonly disk: Disk;
  /** Hears the last durable sequence after each group, before the group is released. */
  readonly onDurable: (sequence: number) => void;
  /** Hears once that a write failed, after all who waited. */
  readonly fail: (cause: unknown) => void;
  readonly log: Log;
}

/** How safe a record is before it counts as durable. */
export interface JournalOptions {
  /** Sync before a group counts as durable; without it a group survives the process but not the machine. */
  readonly fsync: boolean;
}

/** A group that is written and not yet durable. */
interface Written {
  readonly place: Readonly<Tail>;
  readonly waiting: readonly Releasable[];
  readonly lastSequence: number;
}

/**
 * Appends records. Those of one turn of the event loop are one frame, one write and one sync; those that come while a sync
 * is under way make the next group. So one sync is under way at most, and durability has no gap. A group is 1 MiB or
 * 65,536 records at most, which bounds what is answered and not yet durable. A sequence is given only where there is room.
 */
export class Journal {
  readonly #deps: JournalDeps;
  readonly #fsync: boolean;
  readonly #kinds = new KindTable();
  readonly #group = new Group();
  #waiting: Releasable[] = [];
  #lastSequence = 0;
  #syncing: Written | undefined;
  #broken: AppError | undefined;

  constructor(deps: JournalDeps, { fsync }: JournalOptions) {
    this.#deps = deps;
    this.#fsync = fsync;
  }

  /** The last sequence that was given; 0 before the first. */
  get lastSequence(): number {
    return this.#lastSequence;
  }

  /**
   * Appends a record whose kind takes up to 4 KiB; returns its sequence.
   * Errors: USAGE_SPOOL_FULL, USAGE_SPOOL_BROKEN; then nothing was appended.
   */
  append(usage: Usage, waiting: Releasable): number {
    if (this.#broken !== undefined) throw this.#broken;
    const kind = this.#kinds.find(usage);
    if (!this.#deps.segments.hasRoom(this.#group.bytesWith(kind))) throw spoolFull();
    this.#group.add(kind);
    if (this.#waiting.push(waiting) === 1 && this.#syncing === undefined) {
      setImmediate(() => this.#commit());
    }
    this.#lastSequence += 1;
    return this.#lastSequence;
  }

  /** Why no record can be appended; empty where one can. */
  problems(): ReadinessProblem[] {
    if (this.#broken !== undefined) return [BROKEN];
    return this.#deps.segments.hasRoom(RECORD_BYTES) ? [] : [FULL];
  }

  /** Waits until what was appended is durable or lost. */
  async close(): Promise<void> {
    while (this.#waiting.length > 0 || this.#syncing !== undefined) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #commit(): void {
    const [waiting, lastSequence] = [this.#waiting, this.#lastSequence];
    if (waiting.length === 0 || this.#syncing !== undefined) return;
    this.#waiting = [];
    const { segments, disk } = this.#deps;
    const firstSequence = lastSequence - waiting.length + 1;
    let place: Readonly<Tail> | undefined;
    try {
      const frame = this.#group.finish(firstSequence);
      const tail = segments.tailFor(frame.length, firstSequence);
      place = { ...tail };
      const written = disk.write(tail.fd, frame, tail.offset);
      if (written !== frame.length) throw new Error(`${written} of ${frame.length} were written`);
      tail.offset += frame.length;
    } catch (error) {
      this.#fail(waiting, error, firstSequence, place);
      return;
    }
    if (this.#fsync) this.#sync({ place, waiting, lastSequence });
    else this.#settle(waiting, lastSequence);
  }

  #sync(written: Written): void {
    this.#syncing = written;
    this.#deps.disk.sync(written.place.fd, (error) => {
      const { waiting, lastSequence, place } = written;
      this.#syncing = undefined;
      if (error !== null) {
        this.#fail(waiting, error, lastSequence - waiting.length + 1, place);
        return;
      }
      this.#deps.onDurable(lastSequence);
      // The disk works on the next group while this one is answered.
      this.#commit();
      this.#release(waiting);
    });
  }

  #settle(waiting: readonly Releasable[], lastSequence: number): void {
    this.#deps.onDurable(lastSequence);
    this.#release(waiting);
  }

  #release(waiting: readonly Releasable[]): void {
    for (const each of waiting) {
      try {
        each.release(DURABLE);
      } catch (err) {
        this.#deps.log.error({ err }, "an answer failed after its usage was recorded");
      }
    }
  }

  /**
   * Takes a group back: its requests get no answer, so it must not be read back as if they had. All records are refused
   * from now on: what is on disk is in doubt, and the next start reads what is really there.
   */
  #fail(
    waiting: readonly Releasable[],
    cause: unknown,
    firstSequence: number,
    place: Readonly<Tail> | undefined,
  ): void {
    const { segments, disk, fail, log } = this.#deps;
    log.fatal(
      { err: cause },
      "cannot write usage; what is on the disk is in doubt until the next start",
    );
    const error = new AppError("USAGE_SPOOL_BROKEN", { cause });
    this.#broken = error;
    try {
      if (place !== undefined) disk.truncate(place.fd, place.offset);
    } catch (err) {
      log.error({ err }, "cannot cut the segment of usage that was not answered");
    }
    try {
      segments.endBefore(firstSequence);
    } catch (err) {
      log.error({ err }, "cannot mark usage that was not answered");
    }
    const later = this.#waiting;
    this.#waiting = [];
    this.#group.clear();
    for (const each of [...waiting, ...later]) {
      try {
        each.withhold(error);
      } catch (err) {
        log.error({ err }, "an error was not answered");
      }
    }
    fail(cause);
  }
}

const spoolFull = () => new AppError("USAGE_SPOOL_FULL", { retryAfterMs: RETRY_MS });
