import type { KeyMode } from "@geomesh/proto/es/geomesh/common/v1/key_mode_pb";

/** One answered request, before it has a sequence. */
export interface Usage {
  /** When its units were taken from the lease, in milliseconds since 1970 UTC. */
  readonly timeMs: number;
  readonly accountId: string;
  readonly keyId: string;
  /** The RPC, such as `GetLocation`. */
  readonly operation: string;
  /** HTTP status of the answer. */
  readonly status: number;
  /** Addresses answered that cost. */
  readonly units: number;
  /** The lease that the units came from, a safe integer; 0 without one. */
  readonly leaseNumber: number | bigint;
  readonly mode: KeyMode;
}
