import { createLog } from "@geomesh/runtime/log";
import { expect, test } from "vitest";
import { createAnonymousUse } from "./anonymous.ts";
import { KeyTable } from "./key-table.ts";
import { change, planRecord } from "./testing/records.ts";

const stalenessMaxMs = 60_000;
const ADDRESS = "192.0.2.7";
const FREE = { planId: "free", batchSizeMax: 5 };
const stale = { reason: "AUTH_STALE", retryAfterMs: 1_000 };

/** Anonymous use by the plan `free`, over a table that a test fills. */
function anonymousUse(beatAgeMs = 0) {
  const table = new KeyTable();
  const beat = { ageMs: beatAgeMs };
  const logged: { msg: string; plan_id: string }[] = [];
  const log = createLog({
    service: "test",
    destination: { write: (line) => void logged.push(JSON.parse(line)) },
  });
  const deps = { table, beatAgeMs: () => beat.ageMs, log };
  const use = createAnonymousUse(deps, { planId: "free", stalenessMaxMs });
  return { table, beat, logged, ...use };
}

test("a caller holds one scope, has the plan, and is known by its network only", () => {
  const { table, principalAt, isOpen, logged } = anonymousUse();
  table.apply(change(1, planRecord(FREE)));
  const principal = principalAt("2001:db8:1:2:3:4:5:6");
  expect(principal).toMatchObject({
    key: { keyId: "anonymous", accountId: "anonymous", scopes: ["locations:read"] },
    account: { accountId: "anonymous", planId: "free" },
    plan: { planId: "free", batchSizeMax: 5 },
    network: "2001:db8:1:2::/64",
  });
  expect(isOpen()).toBe(true);
  expect(logged).toEqual([]);
});

test("nobody is anonymous without the plan, which is said once, and once when it is there again", () => {
  const { table, principalAt, isOpen, logged } = anonymousUse();
  const told = () => logged.map(({ msg, plan_id }) => [plan_id, msg.split(":")[0]]);
  table.apply(change(1, planRecord({ planId: "another" })));
  for (let i = 0; i < 3; i += 1) expect(principalAt(ADDRESS)).toBeUndefined();
  expect(isOpen()).toBe(false);
  expect(told()).toEqual([["free", "requests without a key are refused"]]);

  table.apply(change(2, planRecord(FREE)));
  for (let i = 0; i < 3; i += 1) expect(principalAt(ADDRESS)).toBeDefined();
  expect(told()[1]).toEqual(["free", "requests without a key are served again"]);

  table.replaceBy(new KeyTable());
  for (let i = 0; i < 3; i += 1) expect(principalAt(ADDRESS)).toBeUndefined();
  expect(told()[2]).toEqual(["free", "requests without a key are refused"]);
  expect(logged).toHaveLength(3);
});

test("a change of the plan counts from the next request on", () => {
  const { table, principalAt } = anonymousUse();
  table.apply(change(1, planRecord(FREE)));
  expect(principalAt(ADDRESS)?.plan.batchSizeMax).toBe(5);
  table.apply(change(2, planRecord({ ...FREE, batchSizeMax: 7 })));
  expect(principalAt(ADDRESS)?.plan.batchSizeMax).toBe(7);
});

test("while auth is silent the plan counts for as long as a known key does", () => {
  const { table, beat, principalAt } = anonymousUse(stalenessMaxMs);
  table.apply(change(1, planRecord(FREE)));
  expect(principalAt(ADDRESS)).toBeDefined();
  beat.ageMs = stalenessMaxMs + 1;
  expect(() => principalAt(ADDRESS)).toThrow(expect.objectContaining(stale));
});

test("before the table was loaded a request is told to come again, and no plan is called missing", () => {
  const { beat, logged, principalAt, isOpen } = anonymousUse(Number.POSITIVE_INFINITY);
  expect(() => principalAt(ADDRESS)).toThrow(expect.objectContaining(stale));
  expect(isOpen()).toBe(false);
  expect(logged).toEqual([]);
  beat.ageMs = 0;
  expect(principalAt(ADDRESS)).toBeUndefined();
  expect(logged).toHaveLength(1);
});
