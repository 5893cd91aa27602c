import { nkeys } from "nats";
import { expect, test } from "vitest";
import { newNatsKey } from "./nats-key.ts";

test("a seed is one that NATS reads as a user's, with the same public key", () => {
  for (let made = 0; made < 50; made++) {
    const { seed, publicKey } = newNatsKey();
    expect(seed).toMatch(/^SU[A-Z2-7]{56}$/);
    expect(nkeys.fromSeed(Buffer.from(seed)).getPublicKey()).toBe(publicKey);
  }
});
