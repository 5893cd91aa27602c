import { AppError } from "../errors.ts";
import type { ChangeLoad, ChangeSink, Position } from "./change-sink.ts";

/** A message of `WatchChanges`, in either flavour of messages. */
export interface WatchedChanges<C> {
  readonly historyId: string;
  readonly isReset: boolean;
  readonly changes: readonly C[];
  readonly completeThroughRevision?: bigint | undefined;
}

/** Takes the messages of one call of `WatchChanges` into a sink. */
export class DirectoryStream<C> {
  readonly #sink: ChangeSink<C>;
  #held: Position;
  #historyId: string;
  #load: ChangeLoad<C> | undefined;

  /** `held` is what the call asked to go on from. */
  constructor(sink: ChangeSink<C>, held: Position) {
    this.#sink = sink;
    this.#held = held;
    this.#historyId = held.historyId;
    if (held.historyId === "") this.#load = sink.load(held);
  }

  /** Everything that is held since the last message that was complete. */
  get held(): Position {
    return this.#held;
  }

  /**
   * Applies a message. Answers true where everything that auth had when it sent the message is held now.
   * Errors: UPSTREAM_UNAVAILABLE where the message does not follow from those before it; those of the sink.
   */
  async take(message: WatchedChanges<C>): Promise<boolean> {
    const { historyId, isReset, changes, completeThroughRevision: through } = message;
    if (isReset) this.#load = this.#sink.load(this.#held);
    else if (this.#historyId !== "" && historyId !== this.#historyId) throw notReset();
    this.#historyId = historyId;
    if (this.#load === undefined) {
      await this.#sink.apply({ from: this.#held, changes, through });
    } else {
      await this.#load.add(changes);
      if (through !== undefined) {
        await this.#load.finish({ historyId, revision: through });
        this.#load = undefined;
      }
    }
    if (through !== undefined) this.#held = { historyId, revision: through };
    return through !== undefined;
  }
}

function notReset(): AppError {
  const cause = new Error("auth changed the history without a reset");
  return new AppError("UPSTREAM_UNAVAILABLE", { cause });
}
