import { randomUUID } from "node:crypto";
import { eventually } from "@geomesh/testing/eventually";
import { expect } from "vitest";
import { documentProblems } from "./api-document.ts";
import type { Mesh } from "./mesh.ts";

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into field by field
type Json = any;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Json;
}

export interface Ask {
  readonly method?: string;
  readonly key?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

/** What a request needs to know of a mesh. */
export type Reachable = Pick<Mesh, "baseUrl" | "demoKey">;

/** One request to the gateway by REST, whose answer must be as the OpenAPI document says. */
export async function ask(mesh: Reachable, path: string, options: Ask = {}): Promise<Answer> {
  const { key = mesh.demoKey, body, headers = {} } = options;
  const { method = body === undefined ? "GET" : "POST" } = options;
  const response = await fetch(mesh.baseUrl + path, {
    method,
    headers: {
      ...(key !== "" && { authorization: `Bearer ${key}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(10_000),
  });
  const text = await response.text();
  const answer = { status: response.status, headers: response.headers, text };
  expect(documentProblems(method, path, answer)).toEqual([]);
  const isJson = response.headers.get("content-type")?.includes("json");
  return { ...answer, json: isJson ? JSON.parse(text) : undefined };
}

export interface Customer {
  readonly accountId: string;
  readonly keyId: string;
  readonly key: string;
}

/** A customer on a plan of its own, whose key works already. */
export async function createCustomer(
  mesh: Mesh,
  plan: Record<string, unknown> = {},
): Promise<Customer> {
  const admin = { key: mesh.adminKey };
  // A service that was just started is found again within two seconds.
  await eventually(async () => expect((await ask(mesh, "/v1/plans", admin)).status).toBe(200));
  const planId = `plan-${randomUUID()}`;
  const limits = { monthly_quota: "1000000", key_rate: { requests: 10_000 } };
  const body = { plan_id: planId, name: "Test", quota_mode: "HARD", ...limits, ...plan };
  expect(await ask(mesh, "/v1/plans", { ...admin, body })).toMatchObject({ status: 201 });
  const account = await ask(mesh, "/v1/accounts", {
    ...admin,
    body: { name: "Customer", plan_id: planId },
  });
  const accountId = account.json.account_id;
  const scopes = ["locations:read", "usage:read", "keys:write"];
  return { accountId, ...(await createKey(mesh, accountId, scopes)) };
}

/** A key of an account, which works already. */
export async function createKey(
  mesh: Mesh,
  accountId: string,
  scopes: readonly string[],
): Promise<Pick<Customer, "keyId" | "key">> {
  const created = await ask(mesh, `/v1/accounts/${accountId}/keys`, {
    key: mesh.adminKey,
    body: { name: "Key", scopes },
  });
  expect(created.status, created.text).toBe(201);
  const key: string = created.json.secret;
  // Free of charge; 401 until the gateway has heard of the key, then 200 or 403 by its scopes.
  await eventually(async () =>
    expect((await ask(mesh, "/v1/locations/127.0.0.1", { key })).status).not.toBe(401),
  );
  return { keyId: created.json.key.key_id, key };
}

/** Units that metering has counted for the caller's account this month. */
export async function countedUnits(mesh: Reachable, key: string): Promise<number> {
  const usage = await ask(mesh, "/v1/accounts/-/usage", { key });
  expect(usage.status, usage.text).toBe(200);
  return Number(usage.json.totals.units);
}
