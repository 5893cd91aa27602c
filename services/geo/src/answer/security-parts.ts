import { Location } from "@geomesh/proto/grpc/geomesh/geo/v1/location";
import { securityMessage } from "../security/flags.ts";

const COMBINATIONS = 32;

/** The encoded `security` of every combination of flags. `isKnown` has the flags that a source can tell, as bits. */
export class SecurityParts {
  readonly #parts: readonly Uint8Array[];

  constructor(isKnown: number) {
    this.#parts = Array.from({ length: COMBINATIONS }, (_, isTrue) => {
      const security = securityMessage({ isTrue, isKnown });
      const isEmpty = Object.keys(security).length === 0;
      return Location.encode(Location.fromPartial(isEmpty ? {} : { security })).finish();
    });
  }

  /** The part for the flags that are true, as bits. */
  part(isTrue: number): Uint8Array {
    return this.#parts[isTrue] as Uint8Array;
  }
}
