import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectSoundBooks } from "../testing/balance.ts";
import { type Ledger, openLedger } from "../testing/ledger.ts";
import { ModelGateway } from "../testing/model-gateway.ts";
import { TEST_TIME } from "../testing/usage.ts";

let ledger: Ledger;
let runs = 0;

beforeAll(async () => {
  ledger = await openLedger(TEST_TIME);
});

afterAll(() => ledger.close());

const act = fc.oneof(
  { weight: 5, arbitrary: fc.constant("acquire" as const) },
  { weight: 5, arbitrary: fc.constant("spend" as const) },
  { weight: 4, arbitrary: fc.constant("publish" as const) },
  { weight: 1, arbitrary: fc.constant("replay" as const) },
  { weight: 2, arbitrary: fc.constant("release" as const) },
  { weight: 1, arbitrary: fc.constant("crash" as const) },
  { weight: 2, arbitrary: fc.constant("repeat" as const) },
  { weight: 3, arbitrary: fc.constant("need" as const) },
  { weight: 1, arbitrary: fc.constant("pass" as const) },
  { weight: 1, arbitrary: fc.constant("leave" as const) },
  { weight: 1, arbitrary: fc.constant("copy" as const) },
  { weight: 1, arbitrary: fc.constant("perish" as const) },
  { weight: 1, arbitrary: fc.constant("wrong month" as const) },
);
const step = fc.record({
  act,
  gatewayIndex: fc.nat(2),
  accountIndex: fc.nat(1),
  count: fc.integer({ min: 1, max: 12 }),
  from: fc.nat(100),
  isLost: fc.boolean(),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/**
 * A copy closes the epoch of a gateway that spends on from what it holds, another takes all that is left, and only then the
 * usage comes.
 */
async function copied(gateway: ModelGateway, other: ModelGateway, next: Step, account: string) {
  const { count, from } = next;
  await gateway.acquire(account, { needed: 1n, wanted: BigInt(count) }, { isLost: false });
  await gateway.actAsCopy(account, from);
  gateway.spend(account, count);
  for (const needed of [12n, 6n, 3n, 2n, 1n, 1n]) {
    await other.acquire(account, { needed, wanted: 0n }, { isLost: false });
  }
  await gateway.publishAll();
}

/** Longer than a gateway may be silent, and than any lease lives. */
/** A second more than an epoch is live: each opening counts as later, also while the clock stands still. */
const SILENT_MS = 31_000;

/** Lets time pass. Who lives has published what it answered before a lease of it ends. */
async function pass(gateways: readonly ModelGateway[], ms: number) {
  for (const gateway of gateways) await gateway.publishAll();
  ledger.clock.advance(ms);
  await ledger.returnExpired();
}

async function take(gateways: ModelGateway[], accounts: readonly string[], next: Step) {
  const gateway = gateways[next.gatewayIndex] as ModelGateway;
  const account = accounts[next.accountIndex] as string;
  const { count, from, isLost } = next;
  switch (next.act) {
    case "acquire":
      return gateway.acquire(account, { needed: 0n, wanted: BigInt(count) }, { isLost });
    case "need":
      return gateway.acquire(
        account,
        { needed: BigInt(count), wanted: BigInt(from % 20) },
        { isLost },
      );
    case "pass":
      return pass(gateways, count * 1_000);
    case "leave":
      return gateway.leave();
    case "copy":
      return copied(gateway, gateways[(next.gatewayIndex + 1) % 3] as ModelGateway, next, account);
    case "perish": {
      const others = gateways.filter((each) => each !== gateway);
      await pass(others, SILENT_MS);
      await gateway.perish();
      gateways[next.gatewayIndex] = new ModelGateway(ledger, `${gateway.gatewayId}-again`);
      return gateways.push(gateway);
    }
    case "wrong month":
      return gateway.acquireForWrongMonth(account);
    case "spend":
      return gateway.spend(account, count);
    case "publish":
      return gateway.publish(count);
    case "replay":
      return gateway.replay(from, count);
    case "release":
      return gateway.release(account);
    case "crash":
      return gateway.crash();
    case "repeat":
      return gateway.repeat(from);
  }
}

test("with lost replies, crashes, copies, gateways that are gone and blocks in any order, no unit is leased, spent or counted twice", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 100, maxLength: 150 }),
      fc.integer({ min: 1, max: 24 }),
      async (steps, quota) => {
        runs += 1;
        const accounts = [`acct_${runs}_a`, `acct_${runs}_b`];
        for (const account of accounts) await ledger.setQuota(account, BigInt(quota));
        const gateways = [1, 2, 3].map((n) => new ModelGateway(ledger, `gateway-${runs}-${n}`));
        for (const next of steps) {
          await take(gateways, accounts, next);
          await expectSoundBooks(ledger.db, ...accounts);
        }
        for (const gateway of gateways) await gateway.settleAll();
        await pass([], SILENT_MS);
        await expectSoundBooks(ledger.db, ...accounts);
        for (const account of accounts) await expectExact(account, gateways, quota);
      },
    ),
    { numRuns: 15, endOnFailure: true },
  );
}, 300_000);

/** All that was spent is counted, nothing is leased any more, and the rest of the quota can be spent to the last unit. */
async function expectExact(account: string, gateways: readonly ModelGateway[], quota: number) {
  const spent = gateways.reduce((sum, gateway) => sum + gateway.spent(account), 0);
  const row = await ledger.db
    .selectFrom("periods")
    .select(["used", "outstanding"])
    .where("account_id", "=", account)
    .executeTakeFirst();
  expect(row ?? { used: 0n, outstanding: 0n }).toEqual({ used: BigInt(spent), outstanding: 0n });
  const last = new ModelGateway(ledger, `gateway-of-${account}`);
  for (let left = quota - spent; left > 0; left -= 1) {
    await last.acquire(account, { needed: 1n, wanted: 1n }, { isLost: false });
    last.spend(account, 1);
  }
  await last.acquire(account, { needed: 1n, wanted: 1n }, { isLost: false });
  last.spend(account, 1);
  expect(last.spent(account)).toBe(quota - spent);
}

test("several gateways at once never spend more than a quota, and can spend all of it", async () => {
  const account = "acct_shared";
  await ledger.setQuota(account, 300n);
  const gateways = [1, 2, 3, 4].map((n) => new ModelGateway(ledger, `gateway-shared-${n}`));
  let running = gateways.length;
  const busy = async (gateway: ModelGateway) => {
    for (let round = 0; round < 120; round += 1) {
      const asked = { needed: round % 3 === 1 ? 5n : 0n, wanted: 5n };
      await gateway.acquire(account, asked, { isLost: round % 7 === 3 });
      gateway.spend(account, 5);
      await gateway.publish(5);
      if (round % 10 === 9) await gateway.crash();
      if (round % 20 === 12) await gateway.leave();
      if (round % 15 === 7) await gateway.release(account);
    }
    await gateway.settleAll();
    running -= 1;
  };
  const audit = async () => {
    while (running > 0) await expectSoundBooks(ledger.db, account);
  };
  await Promise.all([...gateways.map(busy), audit()]);
  await pass([], SILENT_MS);
  await expectExact(account, gateways, 300);
}, 300_000);
