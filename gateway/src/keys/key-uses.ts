const MINUTE_MS = 60_000;
/** Keys whose use is known at a time: what a gateway meets in a minute or two, or while auth is unavailable. */
const KEYS_MAX = 100_000;

/** When a key was last used. */
export interface KeyUse {
  readonly keyId: string;
  /** The start of that minute, in milliseconds since 1970 UTC. */
  readonly minuteMs: number;
}

/** What a caller may choose. */
export interface KeyUsesOptions {
  /** Most keys whose use is known at a time; default 100,000. */
  readonly keysMax?: number;
}

/**
 * The minutes in which keys were last used, until they are told. One number is kept for each key, so that noting the second use
 * in a minute costs a look. Beyond 100,000 keys others are not noted before their next use; `forgotten` counts them.
 */
export class KeyUses {
  readonly #keysMax: number;
  /** Twice the minute since 1970, plus one where it is not told yet. */
  readonly #minutes = new Map<string, number>();
  #forgotten = 0;

  constructor({ keysMax = KEYS_MAX }: KeyUsesOptions = {}) {
    this.#keysMax = keysMax;
  }

  /** Notes that a key is used at a time, by the wall clock. */
  note(keyId: string, wallMs: number): void {
    const minute = Math.floor(wallMs / MINUTE_MS);
    const known = this.#minutes.get(keyId);
    if (known === undefined) {
      if (this.#minutes.size >= this.#keysMax) {
        this.#forgotten += 1;
        return;
      }
    } else if (minuteOf(known) >= minute) return;
    this.#minutes.set(keyId, untold(minute));
  }

  /** Takes how many uses were not noted since it was last asked. */
  takeForgotten(): number {
    const forgotten = this.#forgotten;
    this.#forgotten = 0;
    return forgotten;
  }

  /** What is not told yet. Forgets what is, unless it is of the minute of that time. */
  pending(wallMs: number): KeyUse[] {
    const now = Math.floor(wallMs / MINUTE_MS);
    const pending: KeyUse[] = [];
    for (const [keyId, known] of this.#minutes) {
      const minute = minuteOf(known);
      if (known === untold(minute)) pending.push({ keyId, minuteMs: minute * MINUTE_MS });
      else if (minute !== now) this.#minutes.delete(keyId);
    }
    return pending;
  }

  /** Notes that uses are told. What was used again since is still to be told. */
  told(uses: readonly KeyUse[]): void {
    for (const { keyId, minuteMs } of uses) {
      const minute = minuteMs / MINUTE_MS;
      if (this.#minutes.get(keyId) === untold(minute)) this.#minutes.set(keyId, 2 * minute);
    }
  }
}

const untold = (minute: number) => 2 * minute + 1;
const minuteOf = (known: number) => known >> 1;
