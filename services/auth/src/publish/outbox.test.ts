import { ChangeCommitted } from "@geomesh/proto/grpc/geomesh/auth/v1/events";
import { apiKeyHash } from "@geomesh/terms/api-key";
import { eventually } from "@geomesh/testing/eventually";
import { type HeardMessage, hearNats } from "@geomesh/testing/hear-nats";
import { expect, onTestFinished, test } from "vitest";
import { fewAtATime } from "../testing/few-at-a-time.ts";
import { AS_IT_IS, anotherAccount, createTestAccount, createTestKey } from "../testing/records.ts";
import { startTestAuth, startTestMesh, type TestMesh } from "../testing/start-test-auth.ts";
import {
  ACCOUNT_CLOSED,
  ACCOUNT_CREATED,
  ACCOUNT_REACTIVATED,
  ACCOUNT_SUSPENDED,
  AUTH_STREAM,
  KEY_CREATED,
  KEY_REVOKED,
  KEY_ROTATED,
} from "./events.ts";

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

/** Every event on NATS from now on. */
const hearAll = ({ nats }: TestMesh) => hearNats(nats.url, "geomesh.>");

/** The keys that the stream says were created, from its first message on. */
function readCreatedKeys({ events }: TestMesh): { keyIds: string[]; revisions: bigint[] } {
  const [keyIds, revisions]: [string[], bigint[]] = [[], []];
  const consumer = events.consume(
    { stream: AUTH_STREAM.name, durable: "test", event: KEY_CREATED },
    async ({ keyId }, { id }) => {
      keyIds.push(keyId);
      revisions.push(BigInt(id.split(".").at(-1) ?? ""));
      return "ack";
    },
  );
  onTestFinished(() => consumer.close());
  return { keyIds, revisions };
}

const idOf = ({ key }: { key: { keyId: string } }) => key.keyId;

test("two auth processes that write at the same time publish every fact once, in the order of revisions", async () => {
  const mesh = await startMesh();
  const [one, two] = [await startAuth(mesh), await startAuth(mesh)];
  const accountId = await createTestAccount(one);
  const made = (
    await Promise.all(
      [one, two].map((auth) => fewAtATime(30, () => createTestKey(auth, accountId))),
    )
  ).flat();
  const { keyIds, revisions } = readCreatedKeys(mesh);
  await eventually(() => expect(keyIds.toSorted()).toEqual(made.map(idOf).toSorted()));
  expect(revisions).toEqual(Array.from({ length: 60 }, (_, index) => BigInt(index + 3)));
});

test("with nats-server killed in the middle of writes, no fact is lost or repeated", async () => {
  const mesh = await startMesh();
  const auth = await startAuth(mesh);
  const accountId = await createTestAccount(auth);
  let written = 0;
  const during = fewAtATime(40, async () => {
    const made = await createTestKey(auth, accountId);
    written += 1;
    return made;
  });
  await eventually(() => written > 5);
  await mesh.nats.kill();
  const made = await during;
  await mesh.nats.start();
  const { keyIds } = readCreatedKeys(mesh);
  const all = made.map(idOf).toSorted();
  await eventually(() => expect(keyIds.toSorted()).toEqual(all), { deadlineMs: 15_000 });
});

test("facts from before NATS was ever available are published when it is", async () => {
  const mesh = await startMesh();
  await mesh.nats.stop();
  const auth = await startAuth(mesh);
  const made = await createTestKey(auth, await createTestAccount(auth));
  await mesh.nats.start();
  const { keyIds } = readCreatedKeys(mesh);
  await eventually(() => expect(keyIds).toEqual([idOf(made)]), { deadlineMs: 15_000 });
});

test("a nats-server that comes back without its storage gets the stream again, and the facts after that", async () => {
  const mesh = await startMesh();
  const heard = await hearAll(mesh);
  const auth = await startAuth(mesh);
  const accountId = await createTestAccount(auth);
  await createTestKey(auth, accountId);
  await eventually(() => heard.some(({ subject }) => subject.startsWith(KEY_CREATED.typeName)));
  await mesh.nats.kill();
  await mesh.nats.start({ empty: true });
  const made = await createTestKey(auth, accountId);
  const { keyIds } = readCreatedKeys(mesh);
  await eventually(() => expect(keyIds).toEqual([idOf(made)]), { deadlineMs: 15_000 });
});

test("the next auth publishes what one auth committed and could not publish", async () => {
  const mesh = await startMesh();
  await mesh.nats.stop();
  const first = await startTestAuth(mesh);
  const made = await createTestKey(first, await createTestAccount(first));
  await first.close();
  await mesh.nats.start();
  await startAuth(mesh);
  const { keyIds } = readCreatedKeys(mesh);
  await eventually(() => expect(keyIds).toEqual([idOf(made)]), { deadlineMs: 15_000 });
});

test("a revocation is told at once, not at the next poll, and says whose key it was", async () => {
  const mesh = await startMesh();
  const auth = await startAuth(mesh);
  const accountId = await createTestAccount(auth);
  const heard = await hearAll(mesh);
  const subject = `${KEY_REVOKED.typeName}.${accountId}`;
  const tookMs: number[] = [];
  for (let round = 0; round < 5; round++) {
    const { key } = await createTestKey(auth, accountId);
    const startedAt = performance.now();
    await auth.client.revokeKey({ ...AS_IT_IS, accountId, keyId: key.keyId });
    const find = () => heard.filter((message) => message.subject === subject)[round];
    await eventually(() => find() !== undefined);
    tookMs.push(performance.now() - startedAt);
    const { data, headers } = find() ?? expect.unreachable();
    expect(KEY_REVOKED.decode(data)).toEqual({ accountId, keyId: key.keyId });
    expect(headers?.get("ce-subject")).toBe(key.keyId);
    expect(headers?.get("ce-partitionkey")).toBe(accountId);
  }
  // A busy machine is slow now and then. A poll is 2 s after the one that told of the key before.
  expect(Math.min(...tookMs.slice(1))).toBeLessThan(1_000);
});

test("that an account is suspended, reactivated and closed is told, each once and in that order", async () => {
  const mesh = await startMesh();
  const heard = await hearAll(mesh);
  const auth = await startAuth(mesh);
  const accountId = await createTestAccount(auth);
  const { suspendAccount, reactivateAccount, deleteAccount } = auth.client;
  for (const change of [suspendAccount, reactivateAccount, deleteAccount]) {
    for (let twice = 0; twice < 2; twice++) await change({ accountId, etag: "" });
  }
  const facts = [ACCOUNT_CREATED, ACCOUNT_SUSPENDED, ACCOUNT_REACTIVATED, ACCOUNT_CLOSED];
  const subjects = facts.map(({ typeName }) => `${typeName}.${accountId}`);
  const told = () => heard.map(({ subject }) => subject).filter((it) => it.endsWith(accountId));
  await eventually(() => expect(told()).toEqual(subjects));
});

test("what ends a key, or gives it back, is told in the order in which it was done", async () => {
  const mesh = await startMesh();
  const heard = await hearAll(mesh);
  const auth = await startAuth(mesh);
  const accountId = await createTestAccount(auth);
  const { key } = await createTestKey(auth, accountId);
  const request = { ...AS_IT_IS, accountId, keyId: key.keyId };
  await auth.client.disableKey(request);
  await auth.client.enableKey(request);
  const later = await auth.client.rotateKey({ ...request, overlap: { seconds: 1n, nanos: 0 } });
  const newKeyId = later.key?.keyId ?? "";
  const atOnce = await auth.client.rotateKey({ ...request, keyId: newKeyId, overlap: undefined });
  const newestKeyId = atOnce.key?.keyId ?? "";
  const facts = () => heard.filter(({ subject }) => subject.endsWith(accountId));
  await eventually(() => expect(facts()).toHaveLength(9));
  const of = (name: string) => `geomesh.auth.v1.${name}.${accountId}`;
  expect(facts().map(({ subject, headers }) => [subject, headers?.get("ce-subject")])).toEqual([
    [of("AccountCreated"), accountId],
    [of("KeyCreated"), key.keyId],
    [of("KeyDisabled"), key.keyId],
    [of("KeyEnabled"), key.keyId],
    [of("KeyCreated"), newKeyId],
    [of("KeyRotated"), key.keyId],
    [of("KeyCreated"), newestKeyId],
    [of("KeyRotated"), newKeyId],
    [of("KeyRevoked"), newKeyId],
  ]);
  const rotated = facts()[5];
  const about = { accountId, keyId: key.keyId, newKeyId };
  expect(KEY_ROTATED.decode(rotated?.data ?? new Uint8Array())).toEqual(about);
});

test("events hold ids only: no secret, no hash and no name is ever on NATS", async () => {
  const mesh = await startMesh();
  const heard = await hearAll(mesh);
  const auth = await startAuth(mesh);
  const { historyId } = (
    await auth.directory
      .watchChanges({ historyId: "", afterRevision: 0n })
      [Symbol.asyncIterator]()
      .next()
  ).value;
  const accountId = await createTestAccount(auth);
  const { key, secret } = await createTestKey(auth, accountId);
  await auth.client.revokeKey({ ...AS_IT_IS, accountId, keyId: key.keyId });
  const facts = [ACCOUNT_CREATED, KEY_CREATED, KEY_REVOKED].map(
    ({ typeName }) => `${typeName}.${accountId}`,
  );
  await eventually(() => {
    expect(heard.map(({ subject }) => subject)).toEqual(expect.arrayContaining(facts));
    expect(hintsOf(heard).at(-1)).toEqual({ historyId, revision: 4n });
  });

  const hash = apiKeyHash(secret);
  const forbidden = [
    ...[hash.toString("latin1"), hash.toString("hex"), hash.toString("base64")],
    ...[secret, key.displayPrefix, key.name],
  ];
  for (const { subject, data, headers } of heard) {
    const lines = [...(headers ?? [])].map(([name, values]) => `${name}: ${values}`);
    const all = [subject, ...lines, Buffer.from(data).toString("latin1")].join("\n");
    for (const text of forbidden) expect(all).not.toContain(text);
  }
});

test("the bytes of a hint are a history and a revision, and nothing else", async () => {
  const mesh = await startMesh();
  const heard = await hearAll(mesh);
  const auth = await startAuth(mesh);
  await createTestKey(auth, await createTestAccount(auth));
  await eventually(() => expect(hintsOf(heard).at(-1)?.revision).toBe(3n));
  for (const { subject, data } of heard) {
    if (subject !== "geomesh.auth.v1.ChangeCommitted") continue;
    const hint = ChangeCommitted.decode(data);
    expect(hint.historyId).toMatch(/^[0-9a-f]{32}$/);
    expect(Buffer.from(data)).toEqual(Buffer.from(ChangeCommitted.encode(hint).finish()));
  }
});

function hintsOf(messages: readonly HeardMessage[]): ChangeCommitted[] {
  const hints = messages.filter(({ subject }) => subject === "geomesh.auth.v1.ChangeCommitted");
  return hints.map(({ data }) => ChangeCommitted.decode(data));
}

test("many changes at once are hinted at together", async () => {
  const mesh = await startMesh();
  const heard = await hearAll(mesh);
  await mesh.nats.stop();
  const auth = await startAuth(mesh);
  const accountId = await createTestAccount(auth);
  await fewAtATime(30, () => anotherAccount(auth));
  await mesh.nats.start();
  const again = await hearAll(mesh);
  await createTestKey(auth, accountId);
  await eventually(() => expect(hintsOf(again).at(-1)?.revision).toBe(33n), { deadlineMs: 15_000 });
  expect(hintsOf([...heard, ...again]).length).toBeLessThan(10);
});
