import { expect } from "vitest";
import type { Expectation } from "../support/guide.ts";

const FOLLOWED = "One RPC followed: RevokeKey";

/** What docs/contracts.md promises of each of its blocks. */
export const CONTRACTS_EXPECTATIONS: readonly Expectation[] = [
  { section: FOLLOWED, statuses: [201] },
  { section: FOLLOWED, statuses: [200] },
  {
    section: FOLLOWED,
    statuses: [200],
    check: ({ answers: [answer] }) =>
      expect(answer?.json).toMatchObject({
        key: { state: "REVOKED" },
        propagation: { revision: expect.any(String) },
      }),
  },
];
