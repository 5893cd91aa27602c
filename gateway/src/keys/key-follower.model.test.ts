import { Key_State } from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import { createLog } from "@geomesh/runtime/log";
import type { DirectoryRecord } from "@geomesh/testing/directory-stand-in";
import { eventually } from "@geomesh/testing/eventually";
import {
  type FollowSubject,
  MODEL_CLOCK,
  MODEL_PACE,
  modelKeyHash,
  runFollowModel,
} from "@geomesh/testing/follow-model";
import { FOLLOW_STEPS } from "@geomesh/testing/follow-steps";
import { busForTest, natsForTest } from "@geomesh/testing/test-bus";
import fc from "fast-check";
import { expect, test } from "vitest";
import { startKeyFollower } from "./key-follower.ts";
import { KeyTable } from "./key-table.ts";
import { connectTo } from "./testing/auth.ts";

const RUNS = 50;
const KEYS = ["key_0", "key_1", "key_2"];
const log = createLog({ service: "test", level: "silent" });

test("whatever fails, a gateway holds one history, never takes a revoked key back, and is equal to auth in the end", async () => {
  const nats = await natsForTest();
  const events = await busForTest(nats.url);
  await eventually(() => events.connected);
  const property = fc.asyncProperty(FOLLOW_STEPS, async (steps) => {
    let table = new KeyTable();
    const subject: FollowSubject = {
      start(address) {
        table = new KeyTable();
        const connect = connectTo(address);
        return startKeyFollower({ events, connect, table, clock: MODEL_CLOCK, log }, MODEL_PACE);
      },
      read: () => new Map(KEYS.flatMap((keyId) => found(table, keyId))),
      expected: expectedOf,
      seen: textOf,
    };
    await runFollowModel(events, subject, steps);
  });
  await expect(fc.assert(property, { numRuns: RUNS, endOnFailure: true })).resolves.toBeUndefined();
}, 180_000);

/** What the table tells of a key that it finds: its record, and those of its account and plan. */
function found(table: KeyTable, keyId: string): [id: string, text: string][] {
  const principal = table.find(modelKeyHash(keyId));
  if (principal === undefined) return [];
  const { key, account, plan } = principal;
  return [
    [key.keyId, keyText(key.scopes, key.state)],
    [account.accountId, account.planId],
    [plan.planId, plan.name],
  ];
}

const keyText = (scopes: readonly string[], state: Key_State) =>
  `${scopes}${state === Key_State.REVOKED ? ", revoked" : ""}`;

function textOf({ $case, value }: DirectoryRecord): [id: string, text: string] | undefined {
  switch ($case) {
    case "account":
      return [value.accountId, value.planId];
    case "plan":
      return [value.planId, value.name];
    case "deletedPlan":
      return undefined;
    case "key":
      return value.key && [value.key.keyId, keyText(value.key.scopes, value.key.state)];
  }
}

/** Auth's keys whose account and plan exist, with these. */
function expectedOf(records: readonly DirectoryRecord[]): Map<string, string> {
  const texts = new Map(records.map(textOf).filter((text) => text !== undefined));
  const expected = new Map<string, string>();
  for (const { $case, value } of records) {
    if ($case !== "key" || value.key === undefined) continue;
    const { accountId, keyId } = value.key;
    const account = records.find(
      (it) => it.$case === "account" && it.value.accountId === accountId,
    );
    const planId = account?.$case === "account" ? account.value.planId : "";
    if (!texts.has(planId)) continue;
    for (const id of [keyId, accountId, planId]) expected.set(id, texts.get(id) ?? "");
  }
  return expected;
}
