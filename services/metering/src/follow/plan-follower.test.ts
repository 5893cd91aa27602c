import { Plan_QuotaMode } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import { AuthServiceService } from "@geomesh/proto/grpc/geomesh/auth/v1/auth_service";
import type { Change } from "@geomesh/proto/grpc/geomesh/auth/v1/change";
import { connectEvents, type EventBus } from "@geomesh/runtime/events/bus";
import type { ChangeFollower } from "@geomesh/runtime/follow/change-follower";
import { createTsProtoClient, type TsProtoClient } from "@geomesh/runtime/grpc/client";
import { createLog } from "@geomesh/runtime/log";
import { eventually } from "@geomesh/testing/eventually";
import { startTestNats, type TestNats } from "@geomesh/testing/nats";
import { createTestClock } from "@geomesh/testing/test-clock";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { account, plan } from "../testing/auth-records.ts";
import { type AuthStandIn, createAuthStandIn } from "../testing/auth-stand-in.ts";
import { type Ledger, openLedger } from "../testing/ledger.ts";
import { TEST_TIME } from "../testing/usage.ts";
import { readAllowance } from "./allowances.ts";
import { CHANGE_COMMITTED, REVISION_BEAT } from "./events.ts";
import { createFindAllowance } from "./find-allowance.ts";
import { forgetAll, readRevision } from "./followed-changes.ts";
import { startPlanFollower } from "./plan-follower.ts";

const log = createLog({ service: "metering-test", level: "fatal" });

/** Stands still, so that auth is never asked because no beats arrive. */
const clock = createTestClock();

let ledger: Ledger;
let nats: TestNats;
let auth: AuthStandIn;
let client: TsProtoClient<typeof AuthServiceService>;
let authEvents: EventBus;
let events: EventBus;
let follower: ChangeFollower;

beforeAll(async () => {
  ledger = await openLedger(TEST_TIME);
  nats = await startTestNats();
  authEvents = await connectEvents({ url: nats.url, name: "auth", log });
  events = await connectEvents({ url: nats.url, name: "metering", log });
  await eventually(() => authEvents.connected && events.connected);
});

afterAll(async () => {
  await authEvents.close();
  await events.close();
  await nats.stop();
  await ledger.close();
});

beforeEach(async () => {
  await forgetAll(ledger.db);
  auth = await createAuthStandIn();
  await auth.start();
  auth.commit(small(10n));
  auth.commit(account({ accountId: "acct_a", planId: "small" }));
  client = createTsProtoClient(AuthServiceService, { address: auth.address, deadlineMs: 5_000 });
  follower = startPlanFollower({ db: ledger.db, events, auth: client, clock, log });
  await follower.catchUp();
});

afterEach(async () => {
  await follower.close();
  client.close();
  await auth.stop();
});

const small = (monthlyQuota: bigint) =>
  plan({ planId: "small", monthlyQuota, quotaMode: Plan_QuotaMode.HARD });
const publish = (change: Change) => authEvents.announce(CHANGE_COMMITTED, { change });
const limit = async () => (await readAllowance(ledger.db, "acct_a"))?.limit;
const held = () => readRevision(ledger.db);

/** Subscriptions are made behind the back of their caller: hear a beat of the same connection first. */
async function untilEventsAreHeard() {
  const before = auth.asked.length;
  events.announce(REVISION_BEAT, { revision: 0n });
  await eventually(() => auth.asked.length > before);
  await follower.catchUp();
}

test("what auth has at the start is held, with its revision", async () => {
  expect(await readAllowance(ledger.db, "acct_a")).toEqual({ limit: 10n, mode: "HARD" });
  expect(await held()).toBe(2n);
});

test("a change is applied from its event, even when auth cannot be asked", async () => {
  await untilEventsAreHeard();
  await auth.stop();
  publish(auth.commit(small(20n)));
  await eventually(async () => (await held()) === 3n);
  expect(await limit()).toBe(20n);
});

test("an event after a missed one makes auth be asked from the last revision held", async () => {
  await untilEventsAreHeard();
  auth.commit(account({ accountId: "acct_b", planId: "small" }));
  publish(auth.commit(small(20n)));
  await eventually(async () => (await limit()) === 20n);
  await eventually(async () => (await held()) === 4n);
  expect(await readAllowance(ledger.db, "acct_b")).toMatchObject({ limit: 20n });
  expect(auth.asked.at(-1)).toBe(2n);
});

test("a beat of a newer revision shows that an event was missed", async () => {
  await untilEventsAreHeard();
  auth.commit(small(20n));
  authEvents.announce(REVISION_BEAT, { revision: 3n });
  await eventually(async () => (await limit()) === 20n);
});

test("an event that comes late changes nothing", async () => {
  await untilEventsAreHeard();
  const late = auth.commit(small(20n));
  publish(late);
  publish(auth.commit(small(30n)));
  await eventually(async () => (await held()) === 4n);
  publish(late);
  publish(auth.commit(small(40n)));
  await eventually(async () => (await held()) === 5n);
  expect(await limit()).toBe(40n);
});

test("when auth was restored from a backup, what it has now is the truth", async () => {
  auth.commit(small(20n));
  auth.commit(account({ accountId: "acct_lost", planId: "small" }));
  await follower.catchUp();
  auth.loseAfter(2n);
  await follower.catchUp();
  expect(await limit()).toBe(10n);
  expect(await readAllowance(ledger.db, "acct_lost")).toBeUndefined();
  expect(await held()).toBe(2n);
});

test("a stream without its last message is taken for cut and asked for again", async () => {
  auth.isCut = true;
  auth.commit(small(20n));
  await expect(follower.catchUp()).rejects.toMatchObject({ kind: "unavailable" });
  expect(await held()).toBe(2n);
  auth.isCut = false;
  await eventually(async () => (await held()) === 3n);
  expect(new Set(auth.asked)).toEqual(new Set([0n, 2n]));
  expect(await limit()).toBe(20n);
});

test("a new account is found by asking auth, though no event told of it", async () => {
  const findAllowance = createFindAllowance({ db: ledger.db, catchUp: follower.catchUp });
  auth.commit(account({ accountId: "acct_new", planId: "small" }));
  expect(await findAllowance("acct_new")).toEqual({ limit: 10n, mode: "HARD" });
  await expect(findAllowance("acct_nobody")).rejects.toMatchObject({ kind: "not_found" });
});

test("while auth is unavailable, known accounts are served, and others are unavailable, not NOT_FOUND", async () => {
  const findAllowance = createFindAllowance({ db: ledger.db, catchUp: follower.catchUp });
  await auth.stop();
  expect(await findAllowance("acct_a")).toEqual({ limit: 10n, mode: "HARD" });
  await expect(findAllowance("acct_new")).rejects.toMatchObject({ kind: "unavailable" });
});
