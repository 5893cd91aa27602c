import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Account_State, Key_State } from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import { createTestClock } from "@geomesh/testing/test-clock";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Authenticate, CredentialMemo, createAuthenticator } from "./authenticate.ts";
import { KeyTable } from "./key-table.ts";
import {
  type AuthRecord,
  accountRecord,
  change,
  keyRecord,
  planRecord,
  secretOf,
} from "./testing/records.ts";

const STALENESS_MAX_MS = 60_000;
const KEYS = [
  { secret: secretOf(), keyId: "key_0", accountId: "acct_0" },
  { secret: secretOf(), keyId: "key_1", accountId: "acct_1" },
  { secret: secretOf(), keyId: "key_2", accountId: "acct_0" },
] as const;
type KeyNumber = 0 | 1 | 2;

/** What may happen between two requests; what `value` chooses differs. */
const step = fc.record({
  kind: fc.constantFrom(
    ...["revoke", "activate", "expire", "begin"],
    ...["suspend", "restore", "plan", "old news"],
    ...["pass", "beat", "replace"],
    ...["nothing", "nothing", "nothing"],
  ),
  key: fc.constantFrom<KeyNumber>(0, 1, 2),
  value: fc.nat(3),
  asks: fc.constantFrom<KeyNumber>(0, 1, 2),
});
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** All keys, with what changes them and what tells whose they are. */
class World {
  readonly clock = createTestClock();
  readonly table = new KeyTable();
  readonly authenticate: Authenticate;
  #beatAgeMs = 0;
  #revision = 0;

  constructor() {
    const { clock, table } = this;
    this.authenticate = createAuthenticator(
      { table, beatAgeMs: () => this.#beatAgeMs, clock },
      { stalenessMaxMs: STALENESS_MAX_MS },
    );
    this.#fill(table);
  }

  happen({ kind, key, value }: Step): void {
    const { secret, ...ids } = KEYS[key];
    const at = timestampFromMs(this.clock.wallMs() + value * 1_000);
    const { ACTIVE, SUSPENDED } = Account_State;
    const records: Record<string, AuthRecord> = {
      revoke: keyRecord(secret, { ...ids, state: Key_State.REVOKED }),
      activate: keyRecord(secret, ids),
      expire: keyRecord(secret, { ...ids, expireTime: at }),
      begin: keyRecord(secret, { ...ids, notBeforeTime: at }),
      suspend: accountRecord({ accountId: ids.accountId, state: SUSPENDED }),
      restore: accountRecord({ accountId: ids.accountId, state: ACTIVE }),
      plan: planRecord({ batchSizeMax: value }),
    };
    const record = records[kind];
    if (record !== undefined) this.#apply(this.table, record);
    if (kind === "old news") this.table.apply(change(0, keyRecord(secret, ids)));
    if (kind === "pass") this.clock.advance(value * 500);
    if (kind === "beat") this.#beatAgeMs = [0, 5_001, 60_000, 60_001][value] ?? 0;
    if (kind === "replace") {
      const other = new KeyTable();
      this.#fill(other, key);
      this.table.replaceBy(other);
    }
  }

  /** Whose a credential is, or why nobody's. */
  ask(secret: string, memo?: CredentialMemo): unknown {
    try {
      return this.authenticate(secret, memo);
    } catch (error) {
      const { reason, publicMessage } = error as Record<string, unknown>;
      return { reason, publicMessage };
    }
  }

  #apply(table: KeyTable, record: AuthRecord): void {
    this.#revision += 1;
    table.apply(change(this.#revision, record));
  }

  #fill(table: KeyTable, without?: KeyNumber): void {
    this.#apply(table, planRecord());
    for (const accountId of ["acct_0", "acct_1"]) this.#apply(table, accountRecord({ accountId }));
    for (const [index, { secret, ...ids }] of KEYS.entries()) {
      if (index !== without) this.#apply(table, keyRecord(secret, ids));
    }
  }
}

test("whatever changes, a connection gets the answers of one that was just opened", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const world = new World();
      const memo = new CredentialMemo();
      for (const each of steps) {
        world.happen(each);
        const { secret } = KEYS[each.asks];
        expect(world.ask(secret, memo)).toEqual(world.ask(secret));
      }
    }),
    { numRuns: 1_000 },
  );
});
