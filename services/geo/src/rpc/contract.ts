import type { Clock } from "@geomesh/runtime/clock";
import type { Handlers } from "@geomesh/runtime/grpc/server";
import type { LiveComposer } from "../live/live-composer.ts";
import type { ENCODED_GEO_SERVICE, ENCODED_LOOKUP_SERVICE } from "./encoded-service.ts";

/** What the RPCs work with. */
export interface GeoDeps {
  readonly live: LiveComposer;
  readonly clock: Clock;
  /** Receives the number of addresses that a call asks for. */
  readonly countAddresses: (addresses: number) => void;
}

/** One handler for each public RPC. */
export type GeoHandlers = Handlers<typeof ENCODED_GEO_SERVICE>;

/** One handler for each RPC that gateways call. */
export type LookupHandlers = Handlers<typeof ENCODED_LOOKUP_SERVICE>;
