import { eventually } from "@geomesh/testing/eventually";
import { expect, onTestFinished, test } from "vitest";
import { startCuttableProxy } from "../testing/cuttable-proxy.ts";
import { createTestAccount, FIRST_PAGE } from "../testing/records.ts";
import { startTestAuth, startTestMesh } from "../testing/start-test-auth.ts";
import { REVISION_BEAT } from "./events.ts";

async function startAuthBehindProxy() {
  const mesh = await startTestMesh();
  onTestFinished(() => mesh.close());
  const proxy = await startCuttableProxy(mesh.databaseUrl);
  onTestFinished(() => proxy.close());
  const auth = await startTestAuth(mesh, { databaseUrl: proxy.url });
  onTestFinished(() => auth.close());
  return { mesh, proxy, auth };
}

test("a beat announces the newest revision about once a second", async () => {
  const { mesh, auth } = await startAuthBehindProxy();
  await createTestAccount(auth);
  const times: number[] = [];
  const subscription = mesh.events.subscribe(REVISION_BEAT, ({ revision }) => {
    if (revision === 2n) times.push(performance.now());
  });
  onTestFinished(() => subscription.close());
  await eventually(() => times.length === 2);
  const [first = 0, second = 0] = times;
  expect(second - first).toBeGreaterThan(900);
  expect(second - first).toBeLessThan(2000);
});

test("an auth that lost its database sends no beats and is not ready; both return with the database", async () => {
  const { mesh, proxy, auth } = await startAuthBehindProxy();
  const isReady = async () => (await fetch(`${auth.opsUrl}/readyz`)).ok;
  let beats = 0;
  const subscription = mesh.events.subscribe(REVISION_BEAT, () => {
    beats += 1;
  });
  onTestFinished(() => subscription.close());
  await eventually(() => beats > 0);
  expect(await isReady()).toBe(true);

  proxy.cut();
  await eventually(async () => !(await isReady()));
  const beatsBefore = beats;
  await expect(auth.client.listPlans(FIRST_PAGE)).rejects.toMatchObject({ kind: "unavailable" });
  expect(await isReady()).toBe(false);
  expect(beats).toBe(beatsBefore);

  proxy.mend();
  await eventually(() => beats > beatsBefore);
  expect(await isReady()).toBe(true);
  expect(await auth.client.listPlans(FIRST_PAGE)).toEqual({ plans: [], nextPageToken: "" });
});

test("an auth whose database hangs sends no beats and is not ready; both return with the answers", async () => {
  const { mesh, proxy, auth } = await startAuthBehindProxy();
  const isReady = async () => (await fetch(`${auth.opsUrl}/readyz`)).ok;
  let beats = 0;
  const subscription = mesh.events.subscribe(REVISION_BEAT, () => {
    beats += 1;
  });
  onTestFinished(() => subscription.close());
  await eventually(() => beats > 0);

  proxy.freeze();
  await eventually(async () => !(await isReady()));
  const beatsBefore = beats;
  proxy.mend();
  await eventually(() => beats > beatsBefore);
  expect(await isReady()).toBe(true);
});

test("without NATS every RPC works and auth is ready", async () => {
  const { mesh, auth } = await startAuthBehindProxy();
  await mesh.nats.stop();
  await createTestAccount(auth);
  await eventually(async () => (await fetch(`${auth.opsUrl}/readyz`)).ok);
});
