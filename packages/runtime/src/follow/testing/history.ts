import { unlessAborted } from "../../async/pause.ts";
import { AppError } from "../../errors.ts";
import { defineEvent } from "../../events/event.ts";
import type { ChangeSink, ChangesPage, RevisedChange } from "../change-follower.ts";

/** A record that was set to a text. */
export interface TextChange extends RevisedChange {
  readonly id: string;
  readonly text: string;
}

interface TextCommitted {
  readonly change?: TextChange;
}

interface Beat {
  readonly revision: bigint;
}

/** How streams of changes end: as they should, by an error, without their last message, or not until they are released. */
export type StreamEnd = "whole" | "broken" | "cut" | "never";

const toBytes = (value: object): Uint8Array =>
  Buffer.from(JSON.stringify(value, (_, it) => (typeof it === "bigint" ? `${it}` : it)));
const revived = (key: string, it: unknown) => (key === "revision" ? BigInt(it as string) : it);
const fromBytes = (bytes: Uint8Array) => JSON.parse(Buffer.from(bytes).toString(), revived);

/** A text was committed. */
export const TEXT_COMMITTED = defineEvent<TextCommitted>("geomesh.test.v1.TextCommitted", {
  encode: toBytes,
  decode: fromBytes,
});

/** The newest revision. */
export const BEAT = defineEvent<Beat>("geomesh.test.v1.Beat", {
  encode: toBytes,
  decode: fromBytes,
});

/** What was committed, and streams of it as the contract of auth says. */
export class History {
  #changes: TextChange[] = [];
  /** Revisions after which changes were asked for, in order. */
  readonly asked: bigint[] = [];
  end: StreamEnd = "whole";
  readonly #released = Promise.withResolvers<void>();

  /** Commits a text and tells nobody. */
  commit(id: string, text: string): TextChange {
    const change = { revision: BigInt(this.#changes.length + 1), id, text };
    this.#changes.push(change);
    return change;
  }

  /** Loses the newest changes, as a restore does. */
  keepFirst(count: number): void {
    this.#changes = this.#changes.slice(0, count);
  }

  /** Ends the streams that never ended. They are whole, as of when they began. */
  release(): void {
    this.#released.resolve();
  }

  async *stream(
    { afterRevision }: { afterRevision: bigint },
    { signal }: { signal: AbortSignal },
  ): AsyncGenerator<ChangesPage<TextChange>> {
    const { end } = this;
    this.asked.push(afterRevision);
    const newest = BigInt(this.#changes.length);
    if (afterRevision > newest) throw new AppError("REVISION_UNKNOWN");
    for (const change of this.#changes.filter(({ revision }) => revision > afterRevision)) {
      yield { changes: [change], completeThroughRevision: 0n };
    }
    if (end === "broken") throw new AppError("UPSTREAM_UNAVAILABLE");
    if (end === "never") await unlessAborted(this.#released.promise, signal);
    if (end !== "cut") yield { changes: [], completeThroughRevision: newest };
  }
}

/** Holds texts in memory. With `isSlow` every method takes a turn of the event loop, as a database does. */
export class TextSink implements ChangeSink<TextChange> {
  readonly #records = new Map<string, TextChange>();
  readonly #isSlow: boolean;
  #held = 0n;
  /** While true nothing can be applied. */
  isBroken = false;

  constructor({ isSlow = false }: { isSlow?: boolean } = {}) {
    this.#isSlow = isSlow;
  }

  get texts(): Record<string, string> {
    return Object.fromEntries([...this.#records.values()].map(({ id, text }) => [id, text]));
  }

  heldRevision(): bigint | Promise<bigint> {
    return this.#after(() => this.#held);
  }

  apply(changes: readonly TextChange[]): void | Promise<void> {
    return this.#after(() => {
      if (this.isBroken) throw new Error("the sink is broken");
      for (const change of changes) {
        const known = this.#records.get(change.id);
        if (known === undefined || known.revision < change.revision) {
          this.#records.set(change.id, change);
        }
      }
    });
  }

  completeThrough(revision: bigint, from: bigint): void | Promise<void> {
    return this.#after(() => {
      if (this.#held >= from && revision > this.#held) this.#held = revision;
    });
  }

  forget(): void | Promise<void> {
    return this.#after(() => {
      this.#records.clear();
      this.#held = 0n;
    });
  }

  #after<T>(work: () => T): T | Promise<T> {
    if (!this.#isSlow) return work();
    return new Promise((resolve) => setImmediate(resolve)).then(work);
  }
}
