import { create, fromBinary, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  AccountSchema,
  type Key,
  KeySchema,
  PlanSchema,
} from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import {
  EnableKeyRequestSchema,
  EnableKeyResponseSchema,
  GetKeyResponseSchema,
  ReplaceKeyRequestSchema,
  ReplaceKeyResponseSchema,
  RotateKeyRequestSchema,
  RotateKeyResponseSchema,
  UpdateKeyRequestSchema,
  UpdateKeyResponseSchema,
} from "@geomesh/proto/es/geomesh/auth/v1/auth_service_pb";
import { AppError } from "@geomesh/runtime/errors";
import { generateApiKey } from "@geomesh/terms/api-key";
import { expect, test } from "vitest";
import type { Context } from "../operations/handler.ts";
import { changeKeys } from "./change-keys.ts";

type KeyInit = MessageInitShape<typeof KeySchema>;

const SECRET = generateApiKey("live");
const END = timestampFromMs(Date.UTC(2030, 0, 1));
const LATER = timestampFromMs(Date.UTC(2031, 0, 1));
const CALLER = {
  scopes: ["keys:write", "locations:read"],
  expireTime: END,
  allowedCidrs: ["192.0.2.0/24"],
};
const WITHIN = { ...CALLER, name: "n", scopes: ["locations:read"], etag: "1" };
const IDS = { accountId: "acct_a", keyId: "key_a" };

/** An auth with one key, which changes under the caller's hands as often as `races` says. */
function authWith(key: KeyInit, { races = 0 } = {}) {
  const state = { key: create(KeySchema, key), reads: 0, asked: undefined as Key | undefined };
  /** Takes a change by the etag of the key as it is. */
  function take(etag: string | undefined): void {
    if (races > 0) {
      races -= 1;
      state.key.etag += "x";
    }
    if (etag !== "" && etag !== state.key.etag) throw new AppError("ETAG_MISMATCH");
  }
  const handlers = changeKeys({
    auth: {
      async getKey() {
        state.reads += 1;
        return create(GetKeyResponseSchema, { key: { ...state.key } });
      },
      async replaceKey({ key, etag }) {
        take(etag);
        state.asked = create(KeySchema, key);
        return create(ReplaceKeyResponseSchema, { key: state.asked });
      },
      async updateKey({ key, etag }) {
        take(etag);
        state.asked = create(KeySchema, key);
        return create(UpdateKeyResponseSchema, { key: state.asked });
      },
      async rotateKey({ etag }) {
        take(etag);
        return create(RotateKeyResponseSchema, { key: state.key, secret: SECRET });
      },
      async enableKey({ etag }) {
        take(etag);
        return create(EnableKeyResponseSchema, { key: state.key });
      },
    },
    keys: { find: () => principalOf({}) },
  });
  return { ...handlers, state };
}

const principalOf = (own: KeyInit) => ({
  key: create(KeySchema, own),
  account: create(AccountSchema),
  plan: create(PlanSchema),
});

function contextOf(own: KeyInit): Context {
  const { signal } = new AbortController();
  const call = { clientAddress: "192.0.2.1", requestId: "1", language: undefined };
  return {
    principal: principalOf(own),
    call: { ...call, idempotencyKey: "", traceHeaders: {}, signal },
    options: { signal },
  };
}

type Auth = ReturnType<typeof authWith>;
type Change = (auth: Auth, own: KeyInit, etag?: string) => Promise<Uint8Array> | undefined;

const rotate: Change = (auth, own, etag = "") =>
  auth.rotateKey?.(create(RotateKeyRequestSchema, { ...IDS, etag }), contextOf(own));
const enable: Change = (auth, own, etag = "") =>
  auth.enableKey?.(create(EnableKeyRequestSchema, { ...IDS, etag }), contextOf(own));
const update =
  (key: KeyInit, paths: string[] = []): Change =>
  (auth, own, etag = "") =>
    auth.updateKey?.(
      create(UpdateKeyRequestSchema, { ...IDS, key, updateMask: { paths }, etag }),
      contextOf(own),
    );
const rename = update({ name: "new" });

test.each<[string, KeyInit, object]>([
  ["a scope more", { ...WITHIN, scopes: ["usage:read"] }, { reason: "SCOPE_MISSING" }],
  ["a later end", { ...WITHIN, expireTime: LATER }, { fields: [{ field: "key.expire_time" }] }],
  [
    "other addresses",
    { ...WITHIN, allowedCidrs: ["::/0"] },
    { fields: [{ field: "key.allowed_cidrs[0]" }] },
  ],
])(
  "a key with %s is neither rotated nor enabled by a key, but by an administrator",
  async (_what, stronger, refusal) => {
    for (const change of [rotate, enable]) {
      await expect(change(authWith(stronger), CALLER)).rejects.toMatchObject(refusal);
      await expect(change(authWith(stronger), { scopes: ["admin"] })).resolves.toBeDefined();
    }
  },
);

test("ids in the body of a change reach auth, which compares them with those of the path", async () => {
  const others = { keyId: "key_b", accountId: "acct_b" };
  for (const own of [CALLER, { scopes: ["admin"] }]) {
    const auth = authWith(WITHIN);
    await update({ name: "new", ...others }, ["name"])(auth, own);
    expect(auth.state.asked).toMatchObject({ name: "new", ...others });
  }
});

test("a key without an end or limits to addresses is stronger than one with them", async () => {
  const unbounded = { ...WITHIN, expireTime: undefined, allowedCidrs: [] };
  for (const change of [rotate, enable]) {
    await expect(change(authWith(unbounded), CALLER)).rejects.toMatchObject({
      fields: [{ field: "key.expire_time" }, { field: "key.allowed_cidrs" }],
    });
  }
});

test("what comes of an update is within the key that asks, and what it unsets is taken over", async () => {
  const auth = authWith({ ...WITHIN, metadata: { a: "b" } });
  await update({ name: "new" }, ["name", "expire_time", "allowed_cidrs"])(auth, CALLER);
  expect(auth.state.asked).toMatchObject({
    ...{ name: "new", scopes: WITHIN.scopes, metadata: { a: "b" } },
    ...{ expireTime: { seconds: END.seconds }, allowedCidrs: CALLER.allowedCidrs },
  });
  const more = update({ scopes: ["admin"] })(authWith(WITHIN), CALLER);
  await expect(more).rejects.toMatchObject({ reason: "SCOPE_MISSING" });
  const stronger = rename(authWith({ ...WITHIN, scopes: ["admin"] }), CALLER);
  await expect(stronger).rejects.toMatchObject({ reason: "SCOPE_MISSING" });
});

test("an update limits nothing that it is not about: a key that may do more is not updated", async () => {
  const unbounded = { ...WITHIN, expireTime: undefined, allowedCidrs: [] };
  const auth = authWith(unbounded);
  await expect(rename(auth, CALLER)).rejects.toMatchObject({
    fields: [{ field: "key.expire_time" }, { field: "key.allowed_cidrs" }],
  });
  expect(auth.state.asked).toBeUndefined();
  const limits = { expireTime: END, allowedCidrs: CALLER.allowedCidrs ?? [] };
  await update(limits)(auth, CALLER);
  expect(auth.state.asked).toMatchObject({ allowedCidrs: CALLER.allowedCidrs });
});

test("a key replaces another by one within itself", async () => {
  const replace = (key: KeyInit) => {
    const auth = authWith(WITHIN);
    const request = create(ReplaceKeyRequestSchema, { ...IDS, key });
    return auth
      .replaceKey?.(request, contextOf(CALLER))
      .then((bytes) => fromBinary(ReplaceKeyResponseSchema, bytes).key);
  };
  expect(await replace({ name: "n" })).toMatchObject({
    ...{ scopes: ["locations:read"], allowedCidrs: CALLER.allowedCidrs },
  });
  await expect(replace({ scopes: ["admin"] })).rejects.toMatchObject({ reason: "SCOPE_MISSING" });
});

test.each<[string, Change]>([
  ["rotated", rotate],
  ["enabled", enable],
  ["updated", rename],
])(
  "a key that changes while it is %s is compared anew, three times at most",
  async (_how, change) => {
    const twice = authWith(WITHIN, { races: 2 });
    await change(twice, CALLER);
    expect(twice.state.reads).toBe(3);
    const always = authWith(WITHIN, { races: 9 });
    await expect(change(always, CALLER)).rejects.toMatchObject({ reason: "ETAG_MISMATCH" });
    expect(always.state.reads).toBe(3);
  },
);

test.each<[string, Change]>([
  ["rotated", rotate],
  ["enabled", enable],
  ["updated", rename],
])("a key is not %s by an etag that it no longer has", async (_how, change) => {
  const mismatch = { reason: "ETAG_MISMATCH" };
  await expect(change(authWith(WITHIN), CALLER, "0")).rejects.toMatchObject(mismatch);
  const raced = authWith(WITHIN, { races: 1 });
  await expect(change(raced, CALLER, "1")).rejects.toMatchObject(mismatch);
  await expect(change(authWith(WITHIN), CALLER, "1")).resolves.toBeDefined();
});
