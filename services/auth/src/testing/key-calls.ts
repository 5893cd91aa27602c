import type { Key } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import { AS_IT_IS, KEY } from "./records.ts";
import type { TestAuth } from "./start-test-auth.ts";

/** A key that has something of everything that its owner chooses, but times. */
export const RICH: Partial<Key> = {
  name: "rich",
  scopes: ["locations:read", "keys:write"],
  rate: { requests: 5, per: { seconds: 60n, nanos: 0 }, burst: 2 },
  allowedCidrs: ["192.0.2.0/24", "2001:db8::/32"],
  allowedOrigins: ["https://app.example.com", "https://*.example.org"],
  metadata: { team: "Käse", "cost-centre": "42\u00a0a" },
};

/** A patch that has nothing. */
export const EMPTY_PATCH: Key = { ...KEY, name: "" };

/** Calls about keys of one account, in short. */
export function keyCalls({ client }: Pick<TestAuth, "client">, accountId: string) {
  const byId = (keyId: string) => ({ ...AS_IT_IS, accountId, keyId });
  return {
    byId,
    async richKey(more: Partial<Key> = {}) {
      const asked = { ...KEY, ...RICH, ...more };
      const { key, secret } = await client.createKey({ accountId, key: asked });
      if (key === undefined) throw new Error("CreateKey answered without a key");
      return { key, secret, keyId: key.keyId };
    },
    read: async (keyId: string) => (await client.getKey({ accountId, keyId })).key,
    update: (keyId: string, key: Partial<Key>, updateMask?: string[]) =>
      client.updateKey({ ...byId(keyId), key: { ...EMPTY_PATCH, ...key }, updateMask }),
    replace: (keyId: string, key: Partial<Key>) =>
      client.replaceKey({ ...byId(keyId), key: { ...KEY, ...key } }),
    rotate(keyId: string, overlapMs = 0) {
      const overlap = { seconds: BigInt(overlapMs / 1_000), nanos: 0 };
      return client.rotateKey({ ...byId(keyId), overlap });
    },
  };
}
