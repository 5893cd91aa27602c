import { eventually } from "@geomesh/testing/eventually";
import { expect, onTestFinished, test } from "vitest";
import { hearChanges, readAll } from "../testing/follower.ts";
import { anotherAccount, createTestAccount, createTestKey } from "../testing/records.ts";
import { startTestAuth, startTestMesh, type TestMesh } from "../testing/start-test-auth.ts";
import { AUTH_STREAM, CHANGE_COMMITTED } from "./events.ts";

async function startMesh(): Promise<TestMesh> {
  const mesh = await startTestMesh();
  onTestFinished(() => mesh.close());
  return mesh;
}

async function startAuth(mesh: TestMesh) {
  const auth = await startTestAuth(mesh);
  onTestFinished(() => auth.close());
  return auth;
}

/** The revisions in the stream, from its first message on. */
function readStream({ events }: TestMesh): bigint[] {
  const revisions: bigint[] = [];
  const consumer = events.consume(
    { stream: AUTH_STREAM.name, durable: "test", event: CHANGE_COMMITTED },
    async ({ change }) => {
      revisions.push(change?.revision ?? 0n);
      return "ack";
    },
  );
  onTestFinished(() => consumer.close());
  return revisions;
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => BigInt(index + 1));

test("two auth processes that write at the same time publish every change once, in the order of revisions", async () => {
  const mesh = await startMesh();
  const [one, two] = [await startAuth(mesh), await startAuth(mesh)];
  const accountId = await createTestAccount(one);
  await Promise.all(
    Array.from({ length: 60 }, (_, index) => createTestKey(index % 2 === 0 ? one : two, accountId)),
  );
  const published = readStream(mesh);
  await eventually(() => expect(published).toEqual(upTo(62)));
});

test("with nats-server killed in the middle of writes, no change is lost or repeated", async () => {
  const mesh = await startMesh();
  const auth = await startAuth(mesh);
  const heard = await hearChanges(mesh.events);
  const accountId = await createTestAccount(auth);
  await eventually(() => expect(heard).toHaveLength(2));

  const during = Array.from({ length: 40 }, () => createTestKey(auth, accountId));
  await during[5];
  await mesh.nats.kill();
  await Promise.all(during);
  await anotherAccount(auth);
  await mesh.nats.start();

  const published = readStream(mesh);
  await eventually(() => expect(published).toEqual(upTo(43)), { deadlineMs: 15_000 });
});

test("changes made before NATS was ever available are published when it is", async () => {
  const mesh = await startMesh();
  await mesh.nats.stop();
  const auth = await startAuth(mesh);
  await createTestAccount(auth);
  await mesh.nats.start();
  const published = readStream(mesh);
  await eventually(() => expect(published).toEqual(upTo(2)), { deadlineMs: 15_000 });
});

test("a nats-server that comes back without its storage gets the stream again, and the changes after that", async () => {
  const mesh = await startMesh();
  const auth = await startAuth(mesh);
  const heard = await hearChanges(mesh.events);
  await createTestAccount(auth);
  await eventually(() => expect(heard).toHaveLength(2));
  await mesh.nats.kill();
  await mesh.nats.start({ empty: true });
  await anotherAccount(auth);
  const published = readStream(mesh);
  await eventually(() => expect(published).toEqual([3n]), { deadlineMs: 15_000 });
});

test("the next auth publishes what one auth committed and could not publish", async () => {
  const mesh = await startMesh();
  await mesh.nats.stop();
  const first = await startTestAuth(mesh);
  await createTestAccount(first);
  await first.close();
  await mesh.nats.start();
  await startAuth(mesh);
  const published = readStream(mesh);
  await eventually(() => expect(published).toEqual(upTo(2)), { deadlineMs: 15_000 });
});

test("a revocation is published at once, not at the next poll", async () => {
  const mesh = await startMesh();
  const auth = await startAuth(mesh);
  const heard = await hearChanges(mesh.events);
  const accountId = await createTestAccount(auth);
  const { key } = await createTestKey(auth, accountId);
  await eventually(() => expect(heard).toHaveLength(3));
  await auth.client.revokeKey({ accountId, keyId: key.keyId });
  await eventually(() => expect(heard).toHaveLength(4), { deadlineMs: 1000 });
  expect(heard.at(-1)?.record?.value).toMatchObject({ key: { keyId: key.keyId, state: 2 } });
  expect(heard.at(-1)).toEqual((await readAll(auth)).changes.at(-1));
});
