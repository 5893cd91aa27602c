import { createLog } from "@geomesh/runtime/log";
import type { DirectoryRecord } from "@geomesh/testing/directory-stand-in";
import { eventually } from "@geomesh/testing/eventually";
import {
  type FollowSubject,
  MODEL_CLOCK,
  MODEL_PACE,
  runFollowModel,
} from "@geomesh/testing/follow-model";
import { FOLLOW_STEPS } from "@geomesh/testing/follow-steps";
import { busForTest, natsForTest } from "@geomesh/testing/test-bus";
import fc from "fast-check";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { connectTo } from "../testing/auth-stand-in.ts";
import { openLedger } from "../testing/ledger.ts";
import { TEST_TIME } from "../testing/usage.ts";
import { startPlanFollower } from "./plan-follower.ts";

const RUNS = 25;
const log = createLog({ service: "metering-test", level: "silent" });

test("whatever fails, metering's processes hold one history, never go back, and are equal to auth in the end", async () => {
  const nats = await natsForTest();
  const events = await busForTest(nats.url);
  await eventually(() => events.connected);
  const property = fc.asyncProperty(FOLLOW_STEPS, async (steps) => {
    const ledger = await openLedger(TEST_TIME);
    const { db } = ledger;
    const subject: FollowSubject = {
      // Two processes share the database.
      start(address) {
        const deps = { db, events, connect: connectTo(address), clock: MODEL_CLOCK, log };
        const followers = [0, 1].map(() => startPlanFollower(deps, MODEL_PACE));
        return {
          async close() {
            await Promise.all(followers.map((follower) => follower.close()));
          },
        };
      },
      async read() {
        const { rows } = await sql<{ id: string; text: string }>`
          SELECT account_id AS id, plan_id AS text FROM accounts
          UNION ALL SELECT plan_id, monthly_quota::text FROM plans`.execute(db);
        return new Map(rows.map(({ id, text }) => [id, text]));
      },
      expected: (records) => new Map(records.flatMap((record) => textsOf(record))),
      seen: (record) => textsOf(record)[0],
    };
    try {
      await runFollowModel(events, subject, steps);
    } finally {
      await ledger.close();
    }
  });
  const parameters = { numRuns: RUNS, endOnFailure: true };
  await expect(fc.assert(property, parameters)).resolves.toBeUndefined();
}, 180_000);

/** The text of a record; none of a key, which metering does not follow. */
function textsOf({ $case, value }: DirectoryRecord): [id: string, text: string][] {
  switch ($case) {
    case "account":
      return [[value.accountId, value.planId]];
    case "plan":
    case "deletedPlan":
      return [[value.planId, `${value.monthlyQuota}`]];
    case "key":
      return [];
  }
}
