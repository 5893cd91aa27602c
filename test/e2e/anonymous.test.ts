import { eventually } from "@geomesh/testing/eventually";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask } from "../support/api.ts";
import { startTestMesh, type TestMesh } from "../support/mesh.ts";

const PLAN_ID = "for-everyone";
const UNITS = 5;
const LOCATED = "/v1/locations/8.8.8.8";

let mesh: TestMesh;
beforeAll(async () => {
  mesh = await startTestMesh({ ANONYMOUS_PLAN: PLAN_ID });
}, 60_000);
afterAll(() => mesh.close());

const withoutKey = (path: string) => ask(mesh, path, { key: "" });

test("without a key addresses are located once the plan exists, at its rate, and the operator sees how many", async () => {
  expect(await withoutKey(LOCATED)).toMatchObject({ status: 401, json: { code: "key_missing" } });
  const created = await ask(mesh, "/v1/plans", {
    key: mesh.adminKey,
    body: {
      ...{ plan_id: PLAN_ID, name: "For everyone", monthly_quota: "0", quota_mode: "HARD" },
      key_rate: { requests: UNITS, per: "86400s" },
    },
  });
  expect(created.status, created.text).toBe(201);
  await eventually(async () => expect((await withoutKey(LOCATED)).status).toBe(200));
  for (let i = 1; i < UNITS; i += 1) expect((await withoutKey(LOCATED)).status).toBe(200);
  const refused = await withoutKey(LOCATED);
  expect(refused).toMatchObject({ status: 429, json: { code: "rate_limited" } });
  expect(refused.headers.get("ratelimit-policy")).not.toContain("month");
  expect((await ask(mesh, LOCATED)).status).toBe(200);
  expect((await withoutKey("/v1/plans")).status).toBe(401);

  await eventually(async () => {
    const usage = await ask(mesh, "/v1/usage?group_by=account&group_by=key&group_by=mode", {
      key: mesh.adminKey,
    });
    expect(usage.json.rows).toContainEqual(
      expect.objectContaining({
        ...{ account_id: "anonymous", key_id: "anonymous", mode: "LIVE" },
        ...{ requests: `${UNITS}`, units: `${UNITS}`, overage_units: "0" },
      }),
    );
  });
});
