import { QuotaMode } from "@geomesh/proto/grpc/geomesh/common/v1/quota_mode";
import { connectEvents, type EventBus } from "@geomesh/runtime/events/bus";
import type { ChangeFollower } from "@geomesh/runtime/follow/change-follower";
import { createLog } from "@geomesh/runtime/log";
import { eventually } from "@geomesh/testing/eventually";
import { startTestNats, type TestNats } from "@geomesh/testing/nats";
import { createTestClock } from "@geomesh/testing/test-clock";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { account, plan } from "../testing/auth-records.ts";
import {
  connectTo,
  createDirectoryStandIn,
  type DirectoryStandIn,
} from "../testing/auth-stand-in.ts";
import { type Ledger, openLedger } from "../testing/ledger.ts";
import { TEST_TIME } from "../testing/usage.ts";
import { readAllowance } from "./allowances.ts";
import { createFindAllowance } from "./find-allowance.ts";
import { applyNext, readPosition, replaceAll } from "./followed-changes.ts";
import { startPlanFollower } from "./plan-follower.ts";

const log = createLog({ service: "metering-test", level: "fatal" });

let ledger: Ledger;
let nats: TestNats;
let events: EventBus;
let auth: DirectoryStandIn;
let follower: ChangeFollower;

beforeAll(async () => {
  nats = await startTestNats();
  events = await connectEvents({ url: nats.urlOf("metering"), name: "metering", log });
});

afterAll(async () => {
  await events.close();
  await nats.stop();
});

beforeEach(async () => {
  ledger = await openLedger(TEST_TIME);
  auth = await createDirectoryStandIn();
  await auth.start();
  auth.commit(small(10n));
  auth.commit(account({ accountId: "acct_a", planId: "small" }));
  follower = startFollower();
  await follower.catchUp();
});

afterEach(async () => {
  await follower.close();
  await auth.stop();
  await ledger.close();
});

/** The clock stands still: no stream is ever silent for long. */
const startFollower = () => {
  const [connect, clock] = [connectTo(auth.address), createTestClock()];
  return startPlanFollower({ db: ledger.db, events, connect, clock, log });
};
const small = (monthlyQuota: bigint) =>
  plan({ planId: "small", monthlyQuota, quotaMode: QuotaMode.HARD });
const limit = async (accountId = "acct_a") => (await readAllowance(ledger.db, accountId))?.limit;
const held = () => readPosition(ledger.db);

test("what auth has at the start is held, with its history and revision", async () => {
  expect(await readAllowance(ledger.db, "acct_a")).toEqual({ limit: 10n, mode: "HARD" });
  expect(await held()).toEqual({ historyId: "history-1", revision: 2n });
});

test("a change is applied from the stream, which goes on", async () => {
  const asked = auth.asked.length;
  auth.commit(small(20n));
  await eventually(async () => expect(await limit()).toBe(20n));
  await eventually(async () => expect((await held()).revision).toBe(3n));
  expect(auth.asked).toHaveLength(asked);
});

test("a follower of another process goes on from what the database holds", async () => {
  await follower.close();
  auth.commit(small(20n));
  const asked = auth.asked.length;
  follower = startFollower();
  await follower.catchUp();
  expect(await limit()).toBe(20n);
  expect(auth.asked[asked]).toEqual({ historyId: "history-1", afterRevision: 2n });
});

test("when auth was restored and has passed the old revisions, what it has now is the truth", async () => {
  auth.commit(small(20n));
  auth.commit(account({ accountId: "acct_lost", planId: "small" }));
  await follower.catchUp();
  expect(await limit("acct_lost")).toBe(20n);
  auth.restore(2n, "history-2");
  for (const id of ["b", "c", "d"])
    auth.commit(account({ accountId: `acct_${id}`, planId: "small" }));
  await follower.catchUp();
  expect([await limit(), await limit("acct_lost"), await limit("acct_d")]).toEqual([
    10n,
    undefined,
    10n,
  ]);
  expect(await held()).toEqual({ historyId: "history-2", revision: 5n });
});

test("until a restored auth is loaded completely, what was held before is in place", async () => {
  auth.isCutShort = true;
  auth.cut();
  auth.restore(1n, "history-2");
  const asked = auth.asked.length;
  await eventually(() => expect(auth.asked.length).toBeGreaterThan(asked + 1));
  expect([await limit(), await held()]).toEqual([10n, { historyId: "history-1", revision: 2n }]);
  auth.isCutShort = false;
  await eventually(async () => expect(await limit()).toBeUndefined());
});

test("a stream that fails is told to whoever catches up, and the follower goes on by itself", async () => {
  auth.isCutShort = true;
  auth.commit(small(20n));
  auth.cut();
  await expect(follower.catchUp()).rejects.toMatchObject({ reason: "UPSTREAM_UNAVAILABLE" });
  auth.isCutShort = false;
  await eventually(async () => expect(await limit()).toBe(20n));
});

test("a process that is behind cannot bring back a history that another has replaced", async () => {
  const from = await held();
  await replaceAll(ledger.db, from, [], { historyId: "history-2", revision: 1n });
  const late = { from, changes: [{ revision: 3n, record: small(30n) }], through: 3n };
  await expect(applyNext(ledger.db, late)).rejects.toThrow("another process");
  const position = { historyId: "history-3", revision: 9n };
  await expect(replaceAll(ledger.db, from, late.changes, position)).rejects.toThrow(
    "another process",
  );
  expect(await held()).toEqual({ historyId: "history-2", revision: 1n });
});

test("a new account is found by asking auth at once", async () => {
  const findAllowance = createFindAllowance({ db: ledger.db, catchUp: follower.catchUp });
  auth.leaveBehind();
  auth.commit(account({ accountId: "acct_new", planId: "small" }));
  expect(await findAllowance("acct_new")).toEqual({ limit: 10n, mode: "HARD" });
  await expect(findAllowance("acct_nobody")).rejects.toMatchObject({ kind: "not_found" });
});

test("while auth is unavailable, known accounts are served, and others are unavailable, not NOT_FOUND", async () => {
  const findAllowance = createFindAllowance({ db: ledger.db, catchUp: follower.catchUp });
  await auth.stop();
  expect(await findAllowance("acct_a")).toEqual({ limit: 10n, mode: "HARD" });
  await expect(findAllowance("acct_new")).rejects.toMatchObject({ kind: "unavailable" });
  await auth.start();
});
