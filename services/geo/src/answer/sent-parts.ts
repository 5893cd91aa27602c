import { NO_ORDINAL } from "./fixed-parts.ts";
import type { LocationComposer } from "./location-composer.ts";

const PARTS_MAX = 2 ** 20;
const INITIAL_ORDINALS = 1024;

/** Which parts of a composer one stream has been sent, and under which numbers. Takes up to 8 MiB. */
export class SentParts {
  /** Grows each time all numbers become void; 0 before the first. */
  generation = 0;
  readonly #partsMax: number;
  #composer: LocationComposer | undefined;
  #epoch = 0;
  #count = 0;
  #numbers = new Uint32Array(INITIAL_ORDINALS);

  /** At most `partsMax` parts have a number, and never more than 1,048,576. */
  constructor(partsMax: number) {
    this.#partsMax = Math.min(partsMax, PARTS_MAX);
  }

  /** True while no part has a number. */
  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** True when no more parts can have a number. */
  get isFull(): boolean {
    return this.#count === this.#partsMax;
  }

  /** True while the numbers are those of this composer and of its ordinals. */
  isOf(composer: LocationComposer): boolean {
    return this.#composer === composer && this.#epoch === composer.epoch;
  }

  /** Forgets all numbers and begins a generation of a composer. */
  restart(composer: LocationComposer): void {
    this.generation++;
    this.#composer = composer;
    this.#epoch = composer.epoch;
    this.#count = 0;
    this.#numbers.fill(0);
  }

  /** The number of the part with an ordinal; 0 for NO_ORDINAL, and for a part that was not sent. */
  number(ordinal: number): number {
    return ordinal === NO_ORDINAL || ordinal >= this.#numbers.length
      ? 0
      : (this.#numbers[ordinal] as number);
  }

  /** Gives a part that was not sent the next number; 0 where no more parts may have one. */
  add(ordinal: number): number {
    if (this.isFull) return 0;
    if (ordinal >= this.#numbers.length) this.#grow(ordinal);
    this.#count++;
    this.#numbers[ordinal] = this.#count;
    return this.#count;
  }

  #grow(ordinal: number): void {
    const grown = new Uint32Array(Math.max(this.#numbers.length * 2, ordinal + 1));
    grown.set(this.#numbers);
    this.#numbers = grown;
  }
}
