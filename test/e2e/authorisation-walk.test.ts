import { randomUUID } from "node:crypto";
import type { DescMethod } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import { Access_Scope as Scope } from "@geomesh/proto/es/geomesh/policy/v1/policy_pb";
import { eventually } from "@geomesh/testing/eventually";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask, type Customer, createCustomer, createKey } from "../support/api.ts";
import { type Mesh, startTestMesh } from "../support/mesh.ts";
import {
  type AccountOf,
  accessOf,
  allMethods,
  expectedOutcome,
  includes,
  isPublic,
  type PublicRpc,
  SCOPES,
  scopeName,
  toPublicRpc,
} from "../support/walk/policy.ts";
import {
  callEmpty,
  hasRestPath,
  type Send,
  sendByConnect,
  sendByGrpc,
  sendByRest,
} from "../support/walk/protocols.ts";
import { type SampleValues, sampleOf } from "../support/walk/samples.ts";

const PROTOCOLS: Readonly<Record<string, (mesh: Mesh) => Send>> = {
  REST: sendByRest,
  Connect: sendByConnect,
  gRPC: sendByGrpc,
};
const METHODS = allMethods();
const RPCS = METHODS.filter(isPublic).map(toPublicRpc);

let mesh: Mesh;
let own: Customer;
let other: Customer;
beforeAll(async () => {
  mesh = await startTestMesh();
  own = await createCustomer(mesh, { keys_max: 10_000 });
  other = await createCustomer(mesh, { keys_max: 10_000 });
  const { accountId } = await createCustomer(mesh);
  for (const [who, restriction] of RESTRICTED) {
    restricted.set(who, await createRestricted(accountId, restriction));
  }
  restricted.set("an administrator of a suspended account", await createSuspended());
}, 60_000);
afterAll(() => mesh.close());

const secrets = new Map<string, Promise<string>>();

/** A key of `own` with these scopes and no others; empty for no key. */
function keyWith(scopes: readonly Scope[] | undefined): Promise<string> {
  if (scopes === undefined) return Promise.resolve("");
  const names = scopes.map(scopeName);
  const id = names.join(" ");
  const secret = secrets.get(id) ?? createKey(mesh, own.accountId, names).then(({ key }) => key);
  secrets.set(id, secret);
  return secret;
}

/** Administrators whose keys may not be used here: from another address, and without a page of that origin. */
const RESTRICTED: readonly (readonly [who: string, restriction: object])[] = [
  ["an administrator at another address", { allowed_cidrs: ["192.0.2.0/24"] }],
  ["an administrator for the pages of an origin", { allowed_origins: ["https://app.example.com"] }],
];
const restricted = new Map<string, string>();

async function createRestricted(accountId: string, restriction: object): Promise<string> {
  const body = { name: "Restricted", scopes: ["admin"], ...restriction };
  const path = `/v1/accounts/${accountId}/keys`;
  const { status, text, json } = await ask(mesh, path, { key: mesh.adminKey, body });
  expect(status, text).toBe(201);
  return json.secret;
}

/** RPCs after which no key of the account works any more. */
const ENDING = new Set(["SuspendAccount", "DeleteAccount"]);

/** Puts a new customer in the place of one whose account is suspended or closed. */
async function replaceCustomer(account: AccountOf): Promise<void> {
  const customer = await createCustomer(mesh, { keys_max: 10_000 });
  if (account === "other") other = customer;
  else {
    own = customer;
    secrets.clear();
  }
}

/** RPCs that change a plan: each time it is one that no account has. */
const CHANGING_PLANS = new Set(["ReplacePlan", "UpdatePlan", "DeletePlan"]);

/** The id of a plan that an RPC changes, or makes; undefined for the usual one. */
async function planFor(rpcName: string): Promise<string | undefined> {
  if (!CHANGING_PLANS.has(rpcName)) return undefined;
  const plan_id = `plan-${randomUUID()}`;
  const limits = { monthly_quota: "0", quota_mode: "HARD", key_rate: { requests: 1 } };
  const body = { plan_id, name: "Walk", ...limits };
  const created = await ask(mesh, "/v1/plans", { key: mesh.adminKey, body });
  expect(created.status, created.text).toBe(201);
  return plan_id;
}

/** The key of an administrator whose account is suspended, once the gateway has heard of it. */
async function createSuspended(): Promise<string> {
  const { accountId } = await createCustomer(mesh);
  const { key } = await createKey(mesh, accountId, ["admin"]);
  const suspended = await ask(mesh, `/v1/accounts/${accountId}:suspend`, {
    ...{ key: mesh.adminKey, body: {} },
  });
  expect(suspended.status, suspended.text).toBe(200);
  await eventually(async () => expect((await ask(mesh, "/v1/plans", { key })).status).toBe(403));
  return key;
}

/** Who asks, by what a key of theirs allows. */
function callersOf(scope: Scope): [who: string, held: readonly Scope[] | undefined][] {
  return [
    ["no key", undefined],
    ["a key without the scope", SCOPES.filter((held) => !includes(held, scope))],
    ["a key with the scope alone", [scope]],
    ["admin", [Scope.ADMIN]],
    ["admin:read", [Scope.ADMIN_READ]],
  ];
}

const customerOf = (account: AccountOf) => (account === "other" ? other : own);

/** A key that holds no more than the scope of the RPC, and that no call before has changed. */
async function freshKeyId(account: AccountOf, scope: Scope): Promise<string> {
  const created = await ask(mesh, `/v1/accounts/${customerOf(account).accountId}/keys`, {
    ...{ key: mesh.adminKey, body: { name: "Walk", scopes: [scopeName(scope)] } },
  });
  expect(created.status, created.text).toBe(201);
  return created.json.key.key_id;
}

/** True for an RPC that changes the key that its request names. */
function changesKey({ method }: PublicRpc): boolean {
  const isRead = method.idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS;
  return !isRead && method.input.fields.some(({ name }) => name === "key_id");
}

/** What an RPC is about beside an account. */
interface Subjects {
  readonly keyId: string;
  readonly planId: string | undefined;
}

/** What the fields of requests hold that are about an account. */
function valuesFor(account: AccountOf, scope: Scope, { keyId, planId }: Subjects): SampleValues {
  return {
    account_id: { own: "-", other: other.accountId, none: "" }[account],
    key_id: keyId,
    plan_id: planId ?? "demo",
    "geomesh.auth.v1.Plan.plan_id": planId ?? `plan-${randomUUID()}`,
    "geomesh.auth.v1.Key.scopes": [scopeName(scope)],
    name: "Walk",
    monthly_quota: "0",
    quota_mode: "HARD",
    requests: 1,
    ip_address: "127.0.0.1",
    field: "ip_address",
    ip_addresses: ["127.0.0.1"],
  };
}

test("every RPC states its policy, and only a public one has a scope", () => {
  expect(METHODS.length).toBeGreaterThan(RPCS.length);
  for (const method of METHODS) {
    const { scope } = accessOf(method);
    expect(scope !== Scope.SCOPE_UNSPECIFIED, method.name).toBe(isPublic(method));
  }
});

describe.each(Object.entries(PROTOCOLS))("by %s", (_protocol, sender) => {
  test.each(RPCS.map((rpc): [string, PublicRpc] => [rpc.method.name, rpc]))(
    "%s is answered to whom its policy says, and to no one else",
    async (_name, rpc) => {
      const send = sender(mesh);
      const { scope, tenancy } = rpc.access;
      const accounts: AccountOf[] =
        tenancy.case === "noAccount" ? ["none"] : ["own", "other", "none"];
      for (const account of accounts) {
        for (const [who, held] of callersOf(scope)) {
          const allowed = expectedOutcome(rpc, held, account);
          const isChanged = allowed === "ok" && changesKey(rpc);
          const known = customerOf(account).keyId;
          const keyId = isChanged ? await freshKeyId(account, scope) : known;
          const subjects = { keyId, planId: await planFor(rpc.method.name) };
          const request = sampleOf(rpc.method.input, valuesFor(account, scope, subjects));
          const outcome = await send(rpc, request, await keyWith(held));
          const hasPath = sender !== sendByRest || hasRestPath(rpc, request);
          const expected = hasPath ? allowed : "not_found";
          expect(outcome, `${who}, ${account} account`).toBe(expected);
          if (outcome === "ok" && ENDING.has(rpc.method.name)) await replaceCustomer(account);
        }
      }
      const account = tenancy.case === "noAccount" ? "none" : "own";
      const subjects = { keyId: own.keyId, planId: await planFor(rpc.method.name) };
      const request = sampleOf(rpc.method.input, valuesFor(account, scope, subjects));
      for (const [who, key] of restricted) {
        expect(await send(rpc, request, key), who).toBe("permission_denied");
      }
    },
  );
});

const INTERNAL = METHODS.filter((method) => !isPublic(method));

test.each(INTERNAL.map((method): [string, DescMethod] => [method.name, method]))(
  "%s is internal: the gateway does not serve it, not even to an administrator",
  async (_name, method) => {
    const outcomes = await callEmpty(mesh, method, mesh.adminKey);
    expect(outcomes).toEqual(["unimplemented", "unimplemented"]);
  },
);
