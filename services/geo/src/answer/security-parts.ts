import { Location } from "@geomesh/proto/grpc/geomesh/geo/v1/location";
import { SECURITY_BITS, securityMessage } from "../security/flags.ts";
import { FixedParts } from "./fixed-parts.ts";
import type { PartOrdinals } from "./part-ordinals.ts";

/**
 * The encoded `security` of every combination of flags that are true, as bits. `isKnown` has the flags that a source can
 * tell, as bits.
 */
export function securityParts(isKnown: number, ordinals: PartOrdinals): FixedParts {
  const parts = Array.from({ length: SECURITY_BITS + 1 }, (_, isTrue) => {
    const security = securityMessage({ isTrue, isKnown });
    const isEmpty = Object.keys(security).length === 0;
    return Location.encode(Location.fromPartial(isEmpty ? {} : { security })).finish();
  });
  return new FixedParts(parts, ordinals);
}
