import { AppError } from "@geomesh/runtime/errors";
import { generateApiKey } from "@geomesh/terms/api-key";
import { actorOf } from "../store/actor.ts";
import { rotateKey as storeRotation } from "../store/change-keys.ts";
import { requireEtag } from "../store/etag.ts";
import { toKey } from "../store/keys.ts";
import type { KeyRow } from "../store/schema.ts";
import { hasExpired } from "./change-key.ts";
import type { AuthDeps, AuthHandlers } from "./contract.ts";
import { milliseconds } from "./milliseconds.ts";
import { requireKey } from "./require-key.ts";
import { requireKeyRoom } from "./require-key-room.ts";
import { requireOpenAccount } from "./require-open-account.ts";

/**
 * Makes a new key that has everything of an active one but the secret. The old one ends after the overlap, at its own end at the
 * latest, or is revoked at once. Both count against the plan as long as both are accepted. Errors: KEY_NOT_FOUND, ETAG_MISMATCH,
 * KEY_NOT_ACTIVE, ACCOUNT_CLOSED, PLAN_FORBIDDEN.
 */
export function rotateKey({ write }: AuthDeps): AuthHandlers["rotateKey"] {
  return async ({ accountId, keyId, etag, overlap }, call) => {
    const overlapMs = milliseconds(overlap);
    const { secret, key, replaced } = await write(actorOf(call), async (changes) => {
      const row = await requireKey(changes.trx, accountId, keyId);
      requireEtag(row, etag);
      requireActive(row, changes.commitTime);
      const account = await requireOpenAccount(changes.trx, { accountId });
      await requireKeyRoom(changes, account, { freed: overlapMs > 0 ? 0 : 1 });
      const secret = generateApiKey(row.mode === "TEST" ? "test" : "live");
      const endTime = overlapMs > 0 ? endAfter(row, changes.commitTime, overlapMs) : undefined;
      return { secret, ...(await storeRotation(changes, row, { secret, endTime })) };
    });
    return { key, secret, replacedKey: toKey(replaced) };
  };
}

/** Errors: KEY_NOT_ACTIVE. */
function requireActive(row: KeyRow, now: Date): void {
  if (row.state === "ACTIVE" && row.replaced_by_key_id === null && !hasExpired(row, now)) return;
  throw new AppError("KEY_NOT_ACTIVE", {
    message: "only a key that is active, not expired and not rotated before can be rotated",
  });
}

function endAfter({ expire_time }: KeyRow, now: Date, overlapMs: number): Date {
  const end = new Date(now.getTime() + overlapMs);
  return expire_time !== null && expire_time < end ? expire_time : end;
}
