import { eventually } from "@geomesh/testing/eventually";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask, countedUnits, createCustomer } from "../support/api.ts";
import { type Mesh, startTestMesh } from "../support/mesh.ts";

let mesh: Mesh;
beforeAll(async () => {
  mesh = await startTestMesh();
}, 60_000);
afterAll(() => mesh.close());

const lookup = (key: string, address = "8.8.8.8") => ask(mesh, `/v1/locations/${address}`, { key });

test("200 answered requests are billed as exactly 200 after kill -9 of the gateway", async () => {
  const { key } = await createCustomer(mesh);
  const answers = await Promise.all(Array.from({ length: 200 }, () => lookup(key)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  await mesh.kill("gateway");
  await mesh.start("gateway");
  await eventually(async () => expect(await countedUnits(mesh, key)).toBe(200), {
    deadlineMs: 20_000,
  });
}, 60_000);

test("without geo a lookup is a 503 that tells nothing of the inside, and heals by itself", async () => {
  const { key } = await createCustomer(mesh);
  const { gateway } = mesh.pids();
  await mesh.stop("geo");
  const answer = await lookup(key);
  expect([answer.status, answer.json.code]).toEqual([503, "unavailable"]);
  expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(answer.text).not.toMatch(/ECONN|127\.0\.0\.1|grpc|geo:|node_modules|stack/i);
  await mesh.start("geo");
  await eventually(async () => expect((await lookup(key)).status).toBe(200), {
    deadlineMs: 10_000,
  });
  expect(mesh.pids().gateway).toBe(gateway);
}, 60_000);

test("lookups go on while auth and NATS are unavailable", async () => {
  const { key } = await createCustomer(mesh);
  expect((await lookup(key)).status).toBe(200);
  await mesh.stop("auth");
  await mesh.stop("nats");
  expect((await lookup(key)).status).toBe(200);
  await mesh.start("nats");
  await mesh.start("auth");
  await eventually(async () => expect(await countedUnits(mesh, key)).toBe(2), {
    deadlineMs: 20_000,
  });
}, 60_000);

test("a hard quota is never exceeded while metering is killed again and again", async () => {
  const quota = 60;
  const { key } = await createCustomer(mesh, { monthly_quota: `${quota}` });
  let admitted = 0;
  const asking = (async () => {
    for (let i = 0; i < 240; i++) {
      const { status } = await lookup(key);
      expect([200, 429, 503]).toContain(status);
      if (status === 200) admitted += 1;
    }
  })();
  for (let i = 0; i < 3; i++) {
    await mesh.kill("metering");
    await mesh.start("metering");
  }
  await asking;
  expect(admitted).toBeLessThanOrEqual(quota);
  await eventually(async () => expect(await countedUnits(mesh, key)).toBe(admitted), {
    deadlineMs: 20_000,
  });
}, 90_000);
