import { AppError, VIOLATED_POLICY } from "@geomesh/runtime/errors";
import type { Write } from "./write.ts";

/** Changes under way at a time: they wait for one lock, and leave connections of the pool to those who read. */
const UNDER_WAY_MAX = 4;
/** Most changes of one account that wait. */
const WAITING_MAX = 64;
const WAITING_IN_ALL_MAX = 1_024;
/** Callers give up before, by deadlines of their own. */
const WAIT_MS_MAX = 10_000;
const RETRY_MS = 1_000;

/**
 * Lets accounts make their changes in turns: one that sends many waits behind its own, and delays others by a turn or two. All that
 * auth and its operator change is in one line. Errors beside those of `write`: RATE_LIMITED where 64 of the account wait already,
 * DATABASE_UNAVAILABLE where 1,024 of all accounts do, and after 10 s.
 */
export function inTurns(write: Write): Write {
  const turns = new Turns();
  return (actor, body) => turns.run(actor.actor_account_id, () => write(actor, body));
}

/** A change that waits for its turn. */
interface Waiting {
  begin(): void;
}

class Turns {
  /** By account, the one whose turn is next first. */
  readonly #waiting = new Map<string, Set<Waiting>>();
  #waitingInAll = 0;
  #underWay = 0;

  async run<T>(accountId: string, act: () => Promise<T>): Promise<T> {
    if (this.#underWay >= UNDER_WAY_MAX) await this.#turnOf(accountId);
    else this.#underWay += 1;
    try {
      return await act();
    } finally {
      this.#handOver();
    }
  }

  /** Errors: RATE_LIMITED, DATABASE_UNAVAILABLE. */
  #turnOf(accountId: string): Promise<void> {
    const own = this.#waiting.get(accountId) ?? new Set();
    if (own.size >= WAITING_MAX) throw tooMany();
    if (this.#waitingInAll >= WAITING_IN_ALL_MAX) throw notNow();
    this.#waitingInAll += 1;
    this.#waiting.set(accountId, own);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#remove(accountId, own, change);
        reject(notNow());
      }, WAIT_MS_MAX);
      const begin = () => {
        clearTimeout(timer);
        resolve();
      };
      const change = { begin };
      own.add(change);
    });
  }

  /** Gives the place of a change that is done to the account which waits longest for its turn. */
  #handOver(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#underWay -= 1;
      return;
    }
    const [accountId, own] = next;
    const [change] = own;
    this.#waiting.delete(accountId);
    this.#waiting.set(accountId, own);
    if (change === undefined) return;
    this.#remove(accountId, own, change);
    change.begin();
  }

  #remove(accountId: string, own: Set<Waiting>, change: Waiting): void {
    own.delete(change);
    if (own.size === 0) this.#waiting.delete(accountId);
    this.#waitingInAll -= 1;
  }
}

const notNow = () => new AppError("DATABASE_UNAVAILABLE", { retryAfterMs: RETRY_MS });

function tooMany(): AppError {
  return new AppError("RATE_LIMITED", {
    message: "too many changes by this caller are under way",
    retryAfterMs: RETRY_MS,
    metadata: { [VIOLATED_POLICY]: "account" },
  });
}
