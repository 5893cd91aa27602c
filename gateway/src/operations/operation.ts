import type { DescMethodUnary, Message } from "@bufbuild/protobuf";
import type { HttpRule } from "@geomesh/proto/es/google/api/http_pb";
import type { Principal } from "../keys/key-table.ts";
import type { Access } from "./access.ts";

/** A public RPC: one whose contract carries a `google.api.http` rule. */
export interface Operation {
  /** The RPC's name, such as `GetLocation`. */
  readonly name: string;
  readonly method: DescMethodUnary;
  /** What it asks of its callers, from the contract. */
  readonly access: Access;
  /** The REST rule and its additional bindings. */
  readonly rules: readonly HttpRule[];
}

/** What a front knows of a request beside its message. */
export interface Call {
  readonly credential: string | undefined;
  /** In canonical text form; an IPv4-mapped address as IPv4. */
  readonly clientAddress: string;
  readonly requestId: string;
  /** Aborts when the client has gone. */
  readonly signal: AbortSignal;
  /** Milliseconds that the client is willing to wait, where it says so. */
  readonly deadlineMs?: number | undefined;
}

/** A response, with the headers that tell where the caller stands with its limits. */
export interface Outcome {
  /** The serialized response of the RPC: most are handed on, and never decoded. */
  readonly response: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * The one way to an operation, for every front. `invoke` takes a Principal, and only `authenticate` makes one, so that no
 * handler can be reached without a key.
 */
export interface Policy {
  /** Tells whose call it is. Errors: KEY_MISSING, KEY_INVALID, KEY_DISABLED, AUTH_STALE. */
  authenticate(call: Call): Principal;
  /** Runs an operation. Errors: SCOPE_MISSING, INVALID_ARGUMENT, RATE_LIMITED, those of `Meter` and of the handler. */
  invoke(
    operation: Operation,
    principal: Principal,
    request: Message,
    call: Call,
  ): Promise<Outcome>;
}
