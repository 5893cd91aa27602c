import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Ledger, openLedger } from "../testing/ledger.ts";
import { block, lostBlock, TEST_TIME, type UsageRecord, usage } from "../testing/usage.ts";

let ledger: Ledger;
let runs = 0;

beforeAll(async () => {
  ledger = await openLedger(TEST_TIME);
});

afterAll(() => ledger.close());

const record = fc.record({
  timeMs: fc.constantFrom("2026-02-28T23:59:59Z", "2026-03-01T00:00:00Z").map(Date.parse),
  account: fc.constantFrom("a", "b"),
  keyId: fc.constantFrom("key_a", "key_b"),
  status: fc.constantFrom(200, 404),
  units: fc.nat(3),
  isLost: fc.boolean(),
});
/** A block from a start on: of the same records as any other, but cut elsewhere. */
const cut = fc.record({ start: fc.nat(299), count: fc.integer({ min: 1, max: 150 }) });

test("however blocks are cut, repeated and mixed up, the ledger holds the plain sum of the records", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(record, { minLength: 50, maxLength: 300 }),
      fc.array(cut, { minLength: 5, maxLength: 25 }),
      async (fields, cuts) => {
        runs += 1;
        const gatewayId = `gateway-${runs}`;
        const records = fields.map(({ account, timeMs, isLost, ...rest }) =>
          isLost
            ? undefined
            : usage({ ...rest, accountId: `acct_${runs}_${account}`, timeMs: BigInt(timeMs) }),
        );
        const all = { start: 0, count: records.length };
        for (const { start, count } of [...cuts, all, ...cuts]) {
          await send(gatewayId, start, records.slice(start, start + count));
        }
        expect(await totals(`acct_${runs}`)).toEqual(plainSum(records));
      },
    ),
    { numRuns: 25, endOnFailure: true },
  );
}, 120_000);

/** Sends records as one block, in which lost ones share a kind; most blocks hold some of both. */
async function send(gatewayId: string, start: number, records: (UsageRecord | undefined)[]) {
  if (records.length === 0) return;
  const known = block(
    BigInt(start + 1),
    records.filter((each) => each !== undefined),
    { gatewayId },
  );
  const [lost] = lostBlock(1n, 1).kinds;
  if (lost === undefined) throw new Error("no kind");
  let at = 0;
  const kindIndexes = records.map((each) =>
    each === undefined ? known.kinds.length : (known.kindIndexes[at++] ?? 0),
  );
  await ledger.count({ ...known, kinds: [...known.kinds, lost], kindIndexes });
}

async function totals(prefix: string) {
  const rows = await ledger.db
    .selectFrom("usage_minutes")
    .select(["account_id", "minute", "key_id", "status", "requests", "units"])
    .where("account_id", "like", `${prefix}\\_%`)
    .execute();
  return new Map(
    rows
      .map(({ account_id, minute, key_id, status, requests, units }) => {
        const key = `${account_id} ${minute.getTime() / 60_000} ${key_id} ${status}`;
        return [key, [Number(requests), Number(units)]] as const;
      })
      .toSorted(),
  );
}

function plainSum(records: readonly (UsageRecord | undefined)[]) {
  const sums = new Map<string, [number, number]>();
  for (const each of records) {
    if (each === undefined) continue;
    const { accountId, timeMs, keyId, status, units } = each;
    const key = `${accountId} ${timeMs / 60_000n} ${keyId} ${status}`;
    const [requests, sum] = sums.get(key) ?? [0, 0];
    sums.set(key, [requests + 1, sum + units]);
  }
  return new Map([...sums].toSorted());
}
