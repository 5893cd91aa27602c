import type { DescMethodUnary, Message } from "@bufbuild/protobuf";
import type { Access } from "@geomesh/proto/es/geomesh/policy/v1/policy_pb";
import type { HttpRule } from "@geomesh/proto/es/google/api/http_pb";
import type { Principal } from "../keys/key-table.ts";

/** A public RPC: one whose contract carries a `google.api.http` rule. */
export interface Operation {
  /** The RPC's name, such as `GetLocation`. */
  readonly name: string;
  readonly method: DescMethodUnary;
  /** What the caller must hold, from the contract. */
  readonly access: Access;
  /** The REST rule and its additional bindings. */
  readonly rules: readonly HttpRule[];
}

/** What a front end knows of a request beside its message. */
export interface Call {
  readonly credential: string | undefined;
  /** Canonical text, IPv4-mapped unwrapped. */
  readonly clientAddress: string;
  readonly requestId: string;
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal;
  /** Milliseconds the client is willing to wait, if it said so. */
  readonly deadlineMs?: number | undefined;
}

/** An answer, with the headers that tell the caller where it stands. */
export interface Outcome {
  /** The serialized response of the RPC. The gateway hands on most answers, and never needs to decode those. */
  readonly response: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * The one way to an operation, for every front end. `invoke` takes a Principal, and only `authenticate` makes one,
 * so that no handler can be reached without a key. Both throw AppError.
 */
export interface Policy {
  authenticate(call: Call): Principal;
  invoke(
    operation: Operation,
    principal: Principal,
    request: Message,
    call: Call,
  ): Promise<Outcome>;
}
