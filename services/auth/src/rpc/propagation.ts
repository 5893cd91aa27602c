import type { Propagation } from "@geomesh/proto/grpc/geomesh/auth/v1/auth_service";
import { AUTH_STALENESS_MS_MAX } from "@geomesh/terms/limits";
import type { KeyRow } from "../store/schema.ts";

/** How long a commit may take, and how old what a beat confirms may be when it arrives. */
const MARGIN_MS = 5_000;

/**
 * How far the last change of a key has reached gateways. `safe_time` assumes gateways with the default AUTH_STALENESS_MAX_MS. A
 * revoked key never changes again, so that its revision is that of the revocation.
 */
export function propagationOf({ revision, update_time }: KeyRow): Propagation {
  return {
    revision,
    safeTime: new Date(update_time.getTime() + AUTH_STALENESS_MS_MAX + MARGIN_MS),
  };
}
