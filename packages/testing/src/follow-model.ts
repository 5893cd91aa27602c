import { setTimeout as wait } from "node:timers/promises";
import {
  Account,
  Account_State,
  Key,
  Key_State,
  Plan,
} from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import { ChangeCommitted } from "@geomesh/proto/grpc/geomesh/auth/v1/events";
import { type Clock, SYSTEM_CLOCK } from "@geomesh/runtime/clock";
import type { EventBus } from "@geomesh/runtime/events/bus";
import { grpcEvent } from "@geomesh/runtime/events/event";
import { apiKeyHash } from "@geomesh/terms/api-key";
import {
  createDirectoryStandIn,
  type DirectoryRecord,
  type DirectoryStandIn,
} from "./directory-stand-in.ts";
import { eventually } from "./eventually.ts";
import type { FollowStep, RecordName } from "./follow-steps.ts";
import { HistoryWitness, type Seen } from "./history-witness.ts";

const CHANGE_COMMITTED = grpcEvent("geomesh.auth.v1.ChangeCommitted", ChangeCommitted);

/** Time passes so much faster for the follower that three silent seconds last 150 ms. */
const SPEED = 20;
const BEAT_MS = 1_000 / SPEED;

/** How a follower is to be started, so that it keeps up with the speed of the model. */
export const MODEL_PACE = { checkMs: 10, retryMsMin: 5 };

export const MODEL_CLOCK: Clock = {
  wallMs: () => SYSTEM_CLOCK.wallMs() * SPEED,
  monotonicMs: () => SYSTEM_CLOCK.monotonicMs() * SPEED,
};

/** A follower under test, and what it holds. */
export interface FollowSubject {
  /** Starts a follower of a fresh process. */
  start(address: string): { close(): Promise<void> };
  /** What is held, at one moment. */
  read(): Seen | Promise<Seen>;
  /** What should be held where auth has these records. */
  expected(records: readonly DirectoryRecord[]): Seen;
  /** One record as `read` shows it; undefined where it never does. */
  seen(record: DirectoryRecord): readonly [id: string, text: string] | undefined;
}

/**
 * Runs steps against a follower, and looks at what it holds all the while. It must be of one history at each moment; never go
 * back to an earlier history, or to an earlier version of a record, such as a key before it was revoked; and in the end, when
 * nothing fails any more, be equal to auth.
 */
export async function runFollowModel(
  events: EventBus,
  subject: FollowSubject,
  steps: readonly FollowStep[],
): Promise<void> {
  const auth = await createDirectoryStandIn({ beatMs: BEAT_MS });
  await auth.start();
  const model = new FollowModel(auth, events, subject);
  try {
    await model.watching(async () => {
      for (const each of steps) await model.take(each);
      await model.heal();
    });
  } finally {
    await model.close();
    await auth.stop();
  }
}

class FollowModel {
  readonly #auth: DirectoryStandIn;
  readonly #events: EventBus;
  readonly #subject: FollowSubject;
  readonly #witness: HistoryWitness;
  readonly #revoked = new Set<string>();
  #follower: { close(): Promise<void> };
  #commits = 0;
  #histories = 1;

  constructor(auth: DirectoryStandIn, events: EventBus, subject: FollowSubject) {
    this.#auth = auth;
    this.#events = events;
    this.#subject = subject;
    this.#witness = new HistoryWitness();
    this.#follower = subject.start(auth.address);
  }

  /** Looks at what is held until the work is done. */
  async watching(work: () => Promise<void>): Promise<void> {
    let isOver = false;
    const look = async () => {
      while (!isOver) {
        this.#witness.see(await this.#subject.read());
        await wait(1);
      }
    };
    const working = work().finally(() => {
      isOver = true;
    });
    await Promise.all([working, look()]);
  }

  async take(each: FollowStep): Promise<void> {
    const auth = this.#auth;
    switch (each.do) {
      case "commit":
        return this.#commit(each.record, each.isHinted);
      case "revoke":
        this.#revoked.add(`key_${each.key}`);
        return this.#commit({ kind: "key", number: each.key }, each.isHinted);
      case "restore":
        return this.#restore(each.share);
      case "hint":
        return this.#hint(BigInt(each.ahead), each.isOtherHistory ? "history-0" : auth.historyId);
      case "cut":
        return auth.cut();
      case "mute":
        return auth.mute();
      case "leave-behind":
        return auth.leaveBehind();
      case "restart-auth":
        await auth.stop();
        return auth.start();
      case "restart-follower":
        await this.#follower.close();
        this.#follower = this.#subject.start(auth.address);
        return;
      case "set":
        auth[each.manner] = each.to;
        return;
      case "slow":
        auth.pageDelayMs = each.pageDelayMs;
        return;
      case "wait":
        await wait(each.ms);
    }
  }

  /** Ends all failures, and waits until the follower is equal to auth. */
  async heal(): Promise<void> {
    const auth = this.#auth;
    Object.assign(auth, { isSilent: false, isBroken: false, isCutShort: false, pageDelayMs: 0 });
    // Once a second, a real replica finds out by itself that it is behind.
    this.#hint(0n, auth.historyId);
    const expected = this.#subject.expected(auth.records());
    await eventually(async () => {
      const held = await this.#subject.read();
      if (!sameSeen(held, expected)) {
        throw new Error(`holds ${show(held)} and not ${show(expected)}`);
      }
    });
  }

  close(): Promise<void> {
    return this.#follower.close();
  }

  #commit(name: RecordName, isHinted: boolean): void {
    this.#commits += 1;
    const record = recordOf(name, this.#commits, this.#revoked);
    this.#auth.commit(record);
    const seen = this.#subject.seen(record);
    if (seen !== undefined) this.#witness.commit(...seen);
    if (isHinted) this.#hint(0n, this.#auth.historyId);
  }

  #restore(share: number): void {
    this.#histories += 1;
    const revision = Math.floor(Number(this.#auth.newestRevision) * share);
    this.#auth.restore(BigInt(revision), `history-${this.#histories}`);
    const records = this.#auth.records();
    this.#revoked.clear();
    for (const { $case, value } of records) {
      if ($case === "key" && value.key?.state === Key_State.REVOKED)
        this.#revoked.add(value.key.keyId);
    }
    this.#witness.restore(
      records.flatMap((record) => {
        const seen = this.#subject.seen(record);
        return seen === undefined ? [] : [seen];
      }),
    );
  }

  #hint(ahead: bigint, historyId: string): void {
    const revision = this.#auth.newestRevision + ahead;
    this.#events.announce(CHANGE_COMMITTED, { historyId, revision });
  }
}

/** A record whose text and quota tell which commit it is of. What it refers to changes from commit to commit. */
function recordOf(
  { kind, number }: RecordName,
  commit: number,
  revoked: ReadonlySet<string>,
): DirectoryRecord {
  const name = `commit ${commit}`;
  switch (kind) {
    case "account": {
      const [accountId, planId] = [`acct_${number}`, `plan_${commit % 3}`];
      const state = Account_State.ACTIVE;
      return { $case: "account", value: Account.fromPartial({ accountId, planId, name, state }) };
    }
    case "plan":
    case "deletedPlan": {
      const value = Plan.fromPartial({
        planId: `plan_${number}`,
        name,
        monthlyQuota: BigInt(commit),
      });
      return { $case: kind, value };
    }
    case "key": {
      const keyId = `key_${number}`;
      const state = revoked.has(keyId) ? Key_State.REVOKED : Key_State.ACTIVE;
      const accountId = `acct_${number}`;
      const key = Key.fromPartial({ keyId, accountId, name, scopes: [name], state });
      return { $case: "key", value: { key, secretSha256: modelKeyHash(keyId) } };
    }
  }
}

/** What the key of an id is found by. */
export function modelKeyHash(keyId: string): Buffer {
  return Buffer.from(apiKeyHash(keyId));
}

function sameSeen(one: Seen, other: Seen): boolean {
  return one.size === other.size && [...one].every(([id, text]) => other.get(id) === text);
}

const show = (seen: Seen) => JSON.stringify(Object.fromEntries(seen));
