import { type Account, Account_State } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import { AuditedResource } from "@geomesh/proto/grpc/geomesh/auth/v1/audit";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AuthDatabase } from "../store/schema.ts";
import { openAuthDatabase } from "../testing/open-auth-database.ts";
import { ACCOUNT, ALL_ACCOUNTS, FIRST_PAGE, PLAN } from "../testing/records.ts";
import {
  startTestAuth,
  startTestMesh,
  type TestAuth,
  type TestMesh,
} from "../testing/start-test-auth.ts";

const RUNS = 12;
const { CLOSED } = Account_State;

let mesh: TestMesh;
let auth: TestAuth;
let db: AuthDatabase;
let closeDb: () => Promise<void>;
let runs = 0;
beforeAll(async () => {
  mesh = await startTestMesh();
  auth = await startTestAuth(mesh);
  ({ db, close: closeDb } = await openAuthDatabase(mesh.databaseUrl));
});
afterAll(async () => {
  await closeDb();
  await auth.close();
  await mesh.close();
});

const CHANGES = ["replace", "update", "suspend", "reactivate", "close"] as const;
const action = fc.record({
  do: fc.constantFrom(...CHANGES, ...CHANGES, "create", "create-plan", "delete-plan"),
  account: fc.nat(3),
  etag: fc.constantFrom("none", "newest", "newest", "older"),
  plan: fc.nat(1),
  reference: fc.nat(2),
  name: fc.nat(2),
});
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

/** Actions of one round are sent at once. */
const ROUNDS = fc.array(fc.array(action, { minLength: 1, maxLength: 5 }), {
  minLength: 1,
  maxLength: 8,
});

/** What came of an action: the account as it answered, the reason of a refusal, or nothing of a plan. */
type Outcome = Account | string | undefined;

class Model {
  readonly #run = ++runs;
  /** Each account of the run as it was after the last round. */
  #accounts = new Map<string, Account>();
  /** An etag that each account had before its newest. */
  readonly #older = new Map<string, string>();

  #planId = (plan: number) => `model-${this.#run}-${plan}`;

  async start(): Promise<void> {
    for (const plan of [0, 1]) await this.#createPlan(plan);
    for (let account = 0; account < 3; account++) {
      const fields = { ...ACCOUNT, planId: this.#planId(0) };
      this.#see((await auth.client.createAccount({ account: fields })).account);
    }
  }

  async round(actions: readonly Action[]): Promise<void> {
    const listed = this.#list();
    const outcomes = await Promise.all(actions.map((each) => this.#outcomeOf(each)));
    await listed;
    for (const [index, outcome] of outcomes.entries()) {
      const each = actions[index];
      if (each !== undefined) this.#checkOutcome(each, outcome);
    }
    this.#checkEtags(actions, outcomes);
    await this.#checkAccounts(outcomes);
  }

  async #outcomeOf(each: Action): Promise<Outcome> {
    try {
      return await this.#take(each);
    } catch (error) {
      return (error as { reason: string }).reason;
    }
  }

  async #take(each: Action): Promise<Account | undefined> {
    const { client } = auth;
    const at = { accountId: this.#idOf(each), etag: this.#etagFor(each) };
    const content = { name: `name ${each.name}`, planId: this.#planId(each.plan) };
    const externalId = each.reference > 0 ? `${this.#run}-${each.reference}` : undefined;
    const account = { ...ACCOUNT, ...content, ...(externalId !== undefined && { externalId }) };
    switch (each.do) {
      case "create":
        return (await client.createAccount({ account })).account;
      case "replace":
        return (await client.replaceAccount({ ...at, account })).account;
      case "update":
        return (await client.updateAccount({ ...at, account, updateMask: ["external_id"] }))
          .account;
      case "suspend":
        return (await client.suspendAccount(at)).account;
      case "reactivate":
        return (await client.reactivateAccount(at)).account;
      case "close":
        return (await client.deleteAccount(at)).account;
      case "create-plan":
        return this.#createPlan(each.plan);
      case "delete-plan":
        await client.deletePlan({ planId: this.#planId(each.plan), etag: "" });
        return undefined;
    }
  }

  async #createPlan(plan: number): Promise<undefined> {
    await auth.client.createPlan({ plan: { ...PLAN, planId: this.#planId(plan) } });
    return undefined;
  }

  #idOf({ account }: Action): string {
    const ids = [...this.#accounts.keys()];
    return ids[account % ids.length] ?? "";
  }

  #etagFor(each: Action): string {
    const id = this.#idOf(each);
    const newest = this.#accounts.get(id)?.etag ?? "";
    return { none: "", newest, older: this.#older.get(id) ?? "" }[each.etag];
  }

  /** A refusal has a cause in its request, and an older etag always is one. */
  #checkOutcome(each: Action, outcome: Outcome): void {
    const isChange = (CHANGES as readonly string[]).includes(each.do);
    const hasEtag = isChange && this.#etagFor(each) !== "";
    if (isChange && each.etag === "older" && hasEtag) expect(outcome).toBe("ETAG_MISMATCH");
    if (typeof outcome !== "string") return;
    const setsContent = ["create", "replace", "update"].includes(each.do);
    const causes = [
      ...(hasEtag ? ["ETAG_MISMATCH"] : []),
      ...(isChange && each.do !== "close" ? ["ACCOUNT_CLOSED"] : []),
      ...(setsContent && each.reference > 0 ? ["EXTERNAL_ID_TAKEN"] : []),
      ...(["create", "replace"].includes(each.do) ? ["PLAN_UNKNOWN"] : []),
      ...(each.do === "create-plan" ? ["PLAN_EXISTS"] : []),
      ...(each.do === "delete-plan" ? ["PLAN_NOT_FOUND", "PLAN_IN_USE"] : []),
    ];
    expect(causes, each.do).toContain(outcome);
  }

  /** Of all changes of one version, one at most is made. */
  #checkEtags(actions: readonly Action[], outcomes: readonly Outcome[]): void {
    const changed = new Set<string>();
    for (const [index, each] of actions.entries()) {
      const outcome = outcomes[index];
      if (each.etag !== "newest" || each.do.includes("create") || typeof outcome !== "object")
        continue;
      const before = this.#accounts.get(outcome.accountId);
      if (outcome.etag === before?.etag) continue;
      expect(changed).not.toContain(outcome.accountId);
      changed.add(outcome.accountId);
    }
  }

  /** Every account that was there before is listed once, whatever changes meanwhile. */
  async #list(): Promise<Map<string, Account>> {
    const before = [...this.#accounts.keys()];
    const found = new Map<string, Account>();
    let pageToken = "";
    do {
      const page = await auth.client.listAccounts({ ...ALL_ACCOUNTS, pageSize: 2, pageToken });
      for (const account of page.accounts) {
        expect(found).not.toContain(account.accountId);
        found.set(account.accountId, account);
      }
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    expect([...found.keys()]).toEqual(expect.arrayContaining(before));
    return found;
  }

  async #checkAccounts(outcomes: readonly Outcome[]): Promise<void> {
    const created = outcomes.flatMap((it) => (typeof it === "object" ? [it.accountId] : []));
    const ids = new Set([...this.#accounts.keys(), ...created]);
    const all = await this.#list();
    const plans = (await auth.client.listPlans({ ...FIRST_PAGE, pageSize: 500 })).plans;
    const references: string[] = [];
    for (const id of ids) {
      const account = all.get(id);
      if (account === undefined) throw new Error(`${id} is not listed`);
      const before = this.#accounts.get(id);
      if (before?.state === CLOSED || before?.etag === account.etag)
        expect(account).toEqual(before);
      this.#see(account);
      if (account.state === CLOSED) continue;
      expect(plans.map(({ planId }) => planId)).toContain(account.planId);
      if (account.externalId !== undefined) references.push(account.externalId);
    }
    expect(references).toEqual([...new Set(references)]);
  }

  #see(account: Account | undefined): void {
    if (account === undefined) throw new Error("answered without an account");
    const before = this.#accounts.get(account.accountId);
    if (before !== undefined && before.etag !== account.etag) {
      this.#older.set(account.accountId, before.etag);
    }
    this.#accounts.set(account.accountId, account);
  }

  /** The audit log leads from one version of an account to the next, and its plans are those of the history. */
  async checkHistories(): Promise<void> {
    for (const [accountId, account] of this.#accounts) {
      const events = db.selectFrom("audit_events").selectAll().where("account_id", "=", accountId);
      const rows = await events.orderBy("event_number").execute();
      const befores = rows.map(({ resource_before }) => decoded(resource_before));
      const afters = rows.map(({ resource_after }) => decoded(resource_after));
      expect(befores).toEqual([undefined, ...afters.slice(0, -1)]);
      expect(afters.at(-1)).toEqual(account);
      const plans = afters.flatMap((each) => each?.planId ?? []);
      const changes = plans.filter((planId, at) => planId !== plans[at - 1]);
      const history = await auth.client.listPlanAssignments({ ...FIRST_PAGE, accountId });
      expect(history.planAssignments.map(({ planId }) => planId)).toEqual(changes);
      const ends = history.planAssignments.map(({ endTime }) => endTime);
      const starts = history.planAssignments.map(({ startTime }) => startTime);
      expect(ends.slice(0, -1)).toEqual(starts.slice(1));
      expect(ends.at(-1) === undefined).toBe(account.state !== CLOSED);
    }
  }
}

function decoded(bytes: Buffer | null): Account | undefined {
  const resource = bytes === null ? undefined : AuditedResource.decode(bytes).resource;
  return resource?.$case === "account" ? resource.value : undefined;
}

test("whatever is done at once, accounts keep their rules, lists miss nobody, and the log tells each step", async () => {
  const property = fc.asyncProperty(ROUNDS, async (rounds) => {
    const model = new Model();
    await model.start();
    for (const actions of rounds) await model.round(actions);
    await model.checkHistories();
  });
  await fc.assert(property, { seed: 11, numRuns: RUNS, endOnFailure: true });
}, 120_000);
