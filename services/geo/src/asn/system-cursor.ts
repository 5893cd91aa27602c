import { Address } from "../address/address.ts";
import { NOT_ANNOUNCED, type System, type Systems } from "../layers/layer.ts";
import { NO_VALUE, type Segments } from "../ranges/range-table.ts";
import { NOBODY, NOTHING } from "./statements.ts";

/** A file may have a record for each range: what was read of more of them than this is forgotten. */
const READ_RECORDS_MAX = 1_000_000;

interface ReadSystem {
  readonly system: System;
  /** The index that the system got in the merged list; -1 before it has one. */
  index: number;
}

const NO_SYSTEM: ReadSystem = { system: {}, index: -1 };

/** A place in the segments of one source, which moves to the next one when it is told to. */
export class SystemCursor {
  /** What the source says here: the number of a system, NOBODY or NOTHING. */
  statement = NOTHING;
  /** Where the next segment starts. Without meaning after the last one. */
  readonly next = new Address();
  #read = NO_SYSTEM;
  #position = -1;
  readonly #segments: Segments;
  readonly #readRecord: Systems["read"];
  readonly #known: Map<number, ReadSystem> = new Map();

  constructor(segments: Segments, isIpv4: boolean, read: Systems["read"]) {
    this.#segments = segments;
    this.#readRecord = read;
    this.next.isIpv4 = isIpv4;
    this.advance();
  }

  /** Whether this is the last segment. */
  get isLast(): boolean {
    return this.#position === this.#segments.values.length - 1;
  }

  /** The system here. */
  get system(): System {
    return this.#read.system;
  }

  /** The index of that system in the merged list, which `add` gives it the first time. */
  index(add: (system: System) => number): number {
    if (this.#read.index < 0) this.#read.index = add(this.#read.system);
    return this.#read.index;
  }

  /** Moves to the next segment, of which there must be one. */
  advance(): void {
    this.#position++;
    const value = this.#segments.values[this.#position] as number;
    this.#read = value < 0 ? NO_SYSTEM : this.#systemOf(value);
    if (value === NO_VALUE) this.statement = NOTHING;
    else if (value === NOT_ANNOUNCED) this.statement = NOBODY;
    else this.statement = this.#read.system.autonomousSystemNumber ?? NOBODY;
    if (!this.isLast) this.#setNext();
  }

  #systemOf(record: number): ReadSystem {
    const known = this.#known.get(record);
    if (known !== undefined) return known;
    if (this.#known.size === READ_RECORDS_MAX) this.#known.clear();
    const read = { system: this.#readRecord(record), index: -1 };
    this.#known.set(record, read);
    return read;
  }

  #setNext(): void {
    const { starts } = this.#segments;
    const stride = this.next.isIpv4 ? 1 : 4;
    const at = (this.#position + 1) * stride;
    for (let i = 0; i < stride; i++) {
      this.next.words[4 - stride + i] = starts[at + i] as number;
    }
  }
}
