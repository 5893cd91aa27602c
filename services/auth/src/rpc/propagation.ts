import type { Propagation } from "@geomesh/proto/grpc/geomesh/auth/v1/auth_service";
import type { Duration } from "@geomesh/proto/grpc/google/protobuf/duration";
import type { CallContext } from "@geomesh/runtime/grpc/server";
import type { KeyRow } from "../store/schema.ts";
import type { AuthDeps } from "./contract.ts";
import { milliseconds } from "./milliseconds.ts";

/** Left of the caller's time for the answer. */
const ANSWER_MS = 100;

/**
 * How far the last change of a key has reached gateways, after a wait of `wait` at most, and no longer than the caller waits. A
 * revoked key never changes again, so that its revision is that of the revocation. Errors: those of the database.
 */
export async function propagationOf(
  { followers, clock }: Pick<AuthDeps, "followers" | "clock">,
  { revision, update_time }: KeyRow,
  { wait, call }: { readonly wait: Duration | undefined; readonly call: CallContext },
): Promise<Propagation> {
  const leftMs = (call.deadline?.getTime() ?? Number.POSITIVE_INFINITY) - clock.wallMs();
  const waitMs = Math.min(milliseconds(wait), leftMs - ANSWER_MS);
  const waiting = { waitMs, signal: call.signal };
  const { pending, safeAfterMs } = await followers.untilHeld(revision, waiting);
  return {
    revision,
    safeTime: new Date(update_time.getTime() + safeAfterMs),
    isComplete: pending.length === 0,
    pendingGatewayIds: [...pending],
  };
}
