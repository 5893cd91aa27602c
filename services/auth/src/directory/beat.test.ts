import { startCuttableProxy } from "@geomesh/testing/cuttable-proxy";
import { eventually } from "@geomesh/testing/eventually";
import { expect, onTestFinished, test } from "vitest";
import { watchForTest } from "../testing/follower.ts";
import { createTestAccount, FIRST_PAGE } from "../testing/records.ts";
import { startTestAuth, startTestMesh } from "../testing/start-test-auth.ts";

async function startAuthBehindProxy() {
  const mesh = await startTestMesh();
  onTestFinished(() => mesh.close());
  const proxy = await startCuttableProxy(mesh.databaseUrl);
  onTestFinished(() => proxy.close());
  const auth = await startTestAuth(mesh, { databaseUrl: proxy.url });
  onTestFinished(() => auth.close());
  const isReady = async () => (await fetch(`${auth.opsUrl}/readyz`)).ok;
  return { mesh, proxy, auth, isReady };
}

test("an auth that lost its database sends no beats and is not ready; both return with the database", async () => {
  const { proxy, auth, isReady } = await startAuthBehindProxy();
  const { messages } = watchForTest(auth);
  await eventually(() => messages.length > 0);
  expect(await isReady()).toBe(true);

  proxy.cut();
  await eventually(async () => !(await isReady()));
  const beatsBefore = messages.length;
  await expect(auth.client.listPlans(FIRST_PAGE)).rejects.toMatchObject({ kind: "unavailable" });
  expect(await isReady()).toBe(false);
  expect(messages).toHaveLength(beatsBefore);

  proxy.mend();
  await eventually(() => messages.length > beatsBefore);
  expect(await isReady()).toBe(true);
  expect(await auth.client.listPlans(FIRST_PAGE)).toEqual({ plans: [], nextPageToken: "" });
});

test("beats stop while the database hangs and auth is not ready; both return with the answers", async () => {
  const { proxy, auth, isReady } = await startAuthBehindProxy();
  const { messages } = watchForTest(auth);
  await eventually(() => messages.length > 1);

  proxy.freeze();
  await eventually(async () => !(await isReady()));
  const beatsBefore = messages.length;
  const frozenAt = performance.now();
  await eventually(() => performance.now() - frozenAt > 2_500);
  expect(messages).toHaveLength(beatsBefore);
  proxy.mend();
  await eventually(() => messages.length > beatsBefore);
  expect(await isReady()).toBe(true);
});

test("without NATS every RPC works, watchers hear of changes, and auth is ready", async () => {
  const { mesh, auth, isReady } = await startAuthBehindProxy();
  await mesh.nats.stop();
  const watcher = watchForTest(auth);
  const accountId = await createTestAccount(auth);
  await eventually(() => watcher.records.has(accountId));
  await eventually(isReady);
});
