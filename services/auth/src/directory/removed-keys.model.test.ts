import { Key_State } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import { WatchChangesResponse } from "@geomesh/proto/grpc/geomesh/auth/v1/directory_service";
import { SYSTEM_CLOCK } from "@geomesh/runtime/clock";
import { createLog } from "@geomesh/runtime/log";
import { createMetrics } from "@geomesh/runtime/telemetry/metrics";
import { generateApiKey } from "@geomesh/terms/api-key";
import { startTestPostgres } from "@geomesh/testing/postgres";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createAuthMetrics } from "../metrics.ts";
import { insertAccount } from "../store/accounts.ts";
import { systemActor } from "../store/actor.ts";
import { insertKey, revokeKey } from "../store/change-keys.ts";
import { readHead } from "../store/history.ts";
import { findKey } from "../store/keys.ts";
import { insertPlan } from "../store/plans.ts";
import { removeKeys } from "../store/retention.ts";
import type { AuthDatabase } from "../store/schema.ts";
import { createWriter } from "../store/write.ts";
import { openAuthDatabase } from "../testing/open-auth-database.ts";
import { PLAN } from "../testing/records.ts";
import { Directory } from "./directory.ts";
import { watch } from "./watch.ts";

const ACCOUNT_ID = "acct_0000000000000";
const ACTOR = systemActor("Test");
const LATER = new Date(Date.now() + 86_400_000);
const log = createLog({ service: "auth", level: "silent" });

const directoryOf = (db: AuthDatabase) =>
  new Directory({
    db,
    clock: SYSTEM_CLOCK,
    log,
    metrics: createAuthMetrics(createMetrics("auth")),
  });

/** Holds what it heard when it last listened, and goes on from there. */
class Follower {
  #historyId = "";
  #revision = 0n;
  readonly inForce = new Set<string>();

  /** Listens until it has heard of everything up to a revision. */
  async follow(directory: Directory, newest: bigint): Promise<void> {
    const leaving = new AbortController();
    const from = { historyId: this.#historyId, afterRevision: this.#revision };
    for await (const bytes of watch(directory, from, leaving.signal)) {
      const {
        historyId,
        isReset,
        changes,
        completeThroughRevision = -1n,
      } = WatchChangesResponse.decode(bytes);
      if (isReset) this.inForce.clear();
      for (const { record } of changes) if (record?.$case === "key") this.#take(record.value.key);
      this.#historyId = historyId;
      if (completeThroughRevision < newest) continue;
      this.#revision = completeThroughRevision;
      return;
    }
  }

  #take(key: { readonly keyId: string; readonly state: Key_State } | undefined): void {
    if (key?.state === Key_State.ACTIVE) this.inForce.add(key.keyId);
    else this.inForce.delete(key?.keyId ?? "");
  }
}

type Step = "create" | "revoke" | "remove" | "new directory" | { readonly follower: number };

const STEPS = fc.array(
  fc.oneof(
    fc.constantFrom<Step>("create", "revoke", "remove", "new directory"),
    fc.record({ follower: fc.nat({ max: 2 }) }),
  ),
  { minLength: 5, maxLength: 25 },
);

test("whoever follows, however late and at whichever process, holds exactly the valid keys, whatever was removed", async () => {
  const postgres = await startTestPostgres();
  const { db, close } = await openAuthDatabase(await postgres.createDatabase());
  const write = createWriter({
    db,
    clock: SYSTEM_CLOCK,
    auditAddresses: "none",
    onCommit: () => undefined,
  });
  await write(ACTOR, async (changes) => {
    await insertPlan(changes, {
      ...PLAN,
      monthlyQuota: 1n,
      keyRate: { requests: 1, per: undefined, burst: 1 },
      batchSizeMax: 1,
      keysMax: 1,
    });
    await insertAccount(changes, { accountId: ACCOUNT_ID, name: "A", planId: PLAN.planId });
  });
  const inForce = new Set<string>();
  const followers = [new Follower(), new Follower(), new Follower()];
  let directories = [directoryOf(db), directoryOf(db)];
  let turns = 0;

  const acts = {
    async create() {
      const key = { accountId: ACCOUNT_ID, name: "K", scopes: [] };
      const made = await write(ACTOR, (changes) => insertKey(changes, key, generateApiKey("live")));
      inForce.add(made.keyId);
    },
    async revoke() {
      const [keyId] = inForce;
      if (keyId === undefined) return;
      await write(ACTOR, async (changes) => {
        const row = await findKey(changes.trx, ACCOUNT_ID, keyId);
        if (row !== undefined) await revokeKey(changes, row);
      });
      inForce.delete(keyId);
    },
    remove: async () => void (await removeKeys(db, LATER, 1)),
    async "new directory"() {
      directories = [...directories.slice(1), directoryOf(db)];
    },
  };

  try {
    await fc.assert(
      fc.asyncProperty(STEPS, async (steps) => {
        for (const step of steps) {
          if (typeof step === "string") {
            await acts[step]();
            continue;
          }
          turns += 1;
          const [directory, follower] = [directories[turns % 2], followers[step.follower]];
          if (directory === undefined || follower === undefined) throw new Error("no such one");
          await follower.follow(directory, (await readHead(db)).revision);
          expect(follower.inForce).toEqual(inForce);
        }
      }),
      { numRuns: 40, seed: 11 },
    );
  } finally {
    await close();
  }
}, 60_000);
