import { type Timestamp, timestampMs } from "@bufbuild/protobuf/wkt";
import type { EpochHolder } from "@geomesh/proto/es/geomesh/metering/v1/lease_service_pb";
import type { Clock } from "@geomesh/runtime/clock";

/** Beats of a process that has ended may be committed late, but not this long one after the other. */
const LATE_BEATS_MS = 1_000;

/**
 * The process that has another epoch of this gateway open, as metering tells of it: on the directory that this one's was
 * copied or moved from. It lives where it is heard of twice more, and is gone where it was silent for long enough while
 * metering answered without a break: of a pause of metering's it is no sign that nobody was heard of meanwhile.
 */
export class OtherProcess {
  readonly #clock: Clock;
  readonly #silentMs: number;
  #heard: Timestamp | undefined;
  #watchedFromMs: number | undefined;
  #heardAgainAtMs: number | undefined;
  #lives = false;

  /** `silentMs` is for how long it must be silent, in milliseconds. */
  constructor(clock: Clock, silentMs: number) {
    this.#clock = clock;
    this.#silentMs = silentMs;
  }

  /** True once it was heard of twice more, a second apart or longer, and ever after. */
  get lives(): boolean {
    return this.#lives;
  }

  /** When it was last heard of, once it was silent for long enough; undefined before. */
  get silentSince(): Timestamp | undefined {
    if (this.#watchedFromMs === undefined) return undefined;
    const watchedMs = this.#clock.monotonicMs() - this.#watchedFromMs;
    return watchedMs >= this.#silentMs ? this.#heard : undefined;
  }

  /** Takes over what metering just told of it. */
  told({ heardTime }: EpochHolder): void {
    const [beforeMs, nowMs] = [msOf(this.#heard), msOf(heardTime)];
    if (beforeMs !== nowMs) this.#watchedFromMs = undefined;
    if (beforeMs !== undefined && nowMs !== undefined && nowMs > beforeMs) this.#heardAgain();
    this.#heard = heardTime;
    this.#watchedFromMs ??= this.#clock.monotonicMs();
  }

  #heardAgain(): void {
    const monotonicMs = this.#clock.monotonicMs();
    this.#heardAgainAtMs ??= monotonicMs;
    if (monotonicMs - this.#heardAgainAtMs >= LATE_BEATS_MS) this.#lives = true;
  }

  /** Metering did not answer: it may not have heard of anyone. */
  unanswered(): void {
    this.#watchedFromMs = undefined;
  }
}

const msOf = (time: Timestamp | undefined) => time && timestampMs(time);
