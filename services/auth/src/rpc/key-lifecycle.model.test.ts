import { type Key, Key_State } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import type { AppError } from "@geomesh/runtime/errors";
import { eventually } from "@geomesh/testing/eventually";
import { createTestClock } from "@geomesh/testing/test-clock";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { watchForTest } from "../testing/follower.ts";
import {
  afterCall,
  type KeyCall,
  type MadeCall,
  type ModelKey,
  type ModelKeys,
} from "../testing/key-model.ts";
import {
  AS_IT_IS,
  anotherAccount,
  createTestAccount,
  createTestKey,
  FIRST_KEYS,
  KEY,
} from "../testing/records.ts";
import {
  startTestAuth,
  startTestMesh,
  type TestAuth,
  type TestMesh,
} from "../testing/start-test-auth.ts";

const SEED = 20_261_130;
const RUNS = 12;
const MINUTE_MS = 60_000;

let mesh: TestMesh;
let auth: TestAuth;
const clock = createTestClock();
beforeAll(async () => {
  mesh = await startTestMesh();
  auth = await startTestAuth(mesh, {}, { clock });
  await createTestAccount(auth);
});
afterAll(async () => {
  await auth.close();
  await mesh.close();
});

/** Some calls at the same time, each about one of the keys that there are. */
type Step = readonly { readonly about: number; readonly does: KeyCall }[] | { advanceMs: number };

const minutes = (min: number) => fc.integer({ min, max: 4 }).map((count) => count * MINUTE_MS);
const keyCall: fc.Arbitrary<KeyCall> = fc.oneof(
  fc.constantFrom<KeyCall>({ call: "enable" }, { call: "disable" }, { call: "revoke" }),
  minutes(0).map((overlapMs): KeyCall => ({ call: "rotate", overlapMs })),
  minutes(1).map((inMs): KeyCall => ({ call: "expire", inMs })),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.array(fc.record({ about: fc.nat(30), does: keyCall }), {
      ...{ minLength: 1, maxLength: 3 },
    }),
  },
  { weight: 1, arbitrary: minutes(1).map((advanceMs) => ({ advanceMs })) },
);

async function make(accountId: string, keyId: string, does: KeyCall): Promise<MadeCall> {
  const { client } = auth;
  const request = { ...AS_IT_IS, accountId, keyId };
  const outcome = { ...does, keyId, refusal: undefined, newKeyId: undefined };
  try {
    switch (does.call) {
      case "rotate": {
        const overlap = { seconds: BigInt(does.overlapMs / 1_000), nanos: 0 };
        const { key } = await client.rotateKey({ ...request, overlap });
        return { ...outcome, newKeyId: key?.keyId };
      }
      case "expire": {
        const key = { ...KEY, name: "", expireTime: new Date(clock.wallMs() + does.inMs) };
        await client.updateKey({ ...request, key, updateMask: ["expire_time"] });
        return outcome;
      }
      default:
        await client[`${does.call}Key`](request);
        return outcome;
    }
  } catch (error) {
    return { ...outcome, refusal: (error as AppError).reason };
  }
}

/** The keys after the calls in every order that explains what came of all of them. */
function explanations(keys: ModelKeys, made: readonly MadeCall[]): ModelKeys[] {
  if (made.length === 0) return [keys];
  return made.flatMap((first, index) => {
    const after = afterCall(keys, first, clock.wallMs());
    return after === undefined ? [] : explanations(after, made.toSpliced(index, 1));
  });
}

async function storedKeys(accountId: string): Promise<ModelKeys> {
  const { keys } = await auth.client.listKeys({ ...FIRST_KEYS, accountId, pageSize: 500 });
  return new Map(keys.map((key) => [key.keyId, modelOf(key)]));
}

const STATES: ReadonlyMap<Key_State, ModelKey["state"]> = new Map([
  [Key_State.ACTIVE, "ACTIVE"],
  [Key_State.DISABLED, "DISABLED"],
]);

function modelOf({ state, expireTime, replacedByKeyId }: Key): ModelKey {
  return {
    state: STATES.get(state) ?? "REVOKED",
    expireMs: expireTime?.getTime(),
    isRotated: replacedByKeyId !== undefined,
  };
}

const inOrder = (keys: ModelKeys) => [...keys].toSorted(([a], [b]) => (a < b ? -1 : 1));

test("whatever is done to keys, in any order and at the same time, a revoked one never comes back", async () => {
  const watcher = watchForTest(auth);
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 12 }), async (steps) => {
      const accountId = await anotherAccount(auth);
      await createTestKey(auth, accountId);
      await createTestKey(auth, accountId);
      let keys = await storedKeys(accountId);
      for (const next of steps) {
        if ("advanceMs" in next) {
          clock.advance(next.advanceMs);
          continue;
        }
        const ids = [...keys.keys()].toSorted();
        const made = await Promise.all(
          next.map(({ about, does }) => make(accountId, ids[about % ids.length] ?? "", does)),
        );
        const stored = await storedKeys(accountId);
        const right = explanations(keys, made).map(inOrder);
        expect(right, JSON.stringify(made)).toContainEqual(inOrder(stored));
        keys = stored;
      }
    }),
    { seed: SEED, numRuns: RUNS },
  );
  const newest = await auth.newestRevision();
  await eventually(() =>
    expect(watcher.messages.at(-1)?.completeThroughRevision).toBeGreaterThanOrEqual(newest),
  );
  const revoked = new Set<string>();
  for (const { record } of watcher.messages.flatMap(({ changes }) => changes)) {
    const key = record?.$case === "key" ? record.value.key : undefined;
    if (key?.state === Key_State.REVOKED) revoked.add(key.keyId);
    else expect(revoked).not.toContain(key?.keyId);
  }
  expect(revoked.size).toBeGreaterThan(10);
});
