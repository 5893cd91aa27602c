import { type Key, Key_State } from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import fc from "fast-check";
import { expect, test } from "vitest";
import { KeyTable } from "./key-table.ts";
import { change, keyRecord, secretOf } from "./testing/records.ts";

const SEED = 20_261_130;
const ORIGINS = ["https://a.example", "https://b.example", "https://*.c.example"];
const PAGES = ["https://a.example", "https://b.example", "https://x.c.example"];
const secrets = [secretOf(), secretOf(), secretOf()];

test("an origin is allowed as long as an active key allows it", () => {
  const table = new KeyTable();
  const [first = "", second = ""] = secrets;
  const allowedOrigins = [PAGES[0] ?? ""];
  const allows = () => table.allowsOrigin(PAGES[0] ?? "");
  expect(allows()).toBe(false);
  table.apply(change(1, keyRecord(first, { allowedOrigins })));
  table.apply(change(2, keyRecord(second, { allowedOrigins })));
  expect([allows(), table.originsCount]).toEqual([true, 1]);
  table.apply(change(3, keyRecord(first, { allowedOrigins, state: Key_State.REVOKED })));
  expect(allows()).toBe(true);
  // It comes late, and must not count again.
  table.apply(change(1, keyRecord(first, { allowedOrigins })));
  table.apply(change(4, keyRecord(second, { allowedOrigins: [] })));
  expect([allows(), table.originsCount]).toEqual([false, 0]);
});

test("in whatever order changes come, also by a load, the origins are those of the keys that are held", () => {
  const step = fc.record({
    at: fc.nat(secrets.length - 1),
    revision: fc.integer({ min: 1, max: 30 }),
    allowedOrigins: fc.subarray(ORIGINS),
    isActive: fc.boolean(),
    isLoad: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const table = new KeyTable();
      const held = new Map<number, { revision: number; key: Pick<Key, "allowedOrigins"> }>();
      for (const { at, revision, allowedOrigins, isActive, isLoad } of steps) {
        const state = isActive ? Key_State.ACTIVE : Key_State.REVOKED;
        const one = change(revision, keyRecord(secrets[at] ?? "", { allowedOrigins, state }));
        const key = { allowedOrigins: isActive ? allowedOrigins : [] };
        if (isLoad) {
          const loaded = new KeyTable();
          loaded.apply(one);
          table.replaceBy(loaded);
          held.clear();
        } else table.apply(one);
        if ((held.get(at)?.revision ?? 0) < revision) held.set(at, { revision, key });
      }
      const all = new Set([...held.values()].flatMap(({ key }) => key.allowedOrigins));
      expect(table.originsCount).toBe(all.size);
      for (const [i, page] of PAGES.entries()) {
        expect(table.allowsOrigin(page)).toBe(all.has(ORIGINS[i] ?? ""));
      }
    }),
    { seed: SEED, numRuns: 300 },
  );
});
