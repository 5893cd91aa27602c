import type { DescMethodBiDiStreaming, DescMethodUnary } from "@bufbuild/protobuf";
import type { HttpRule } from "@geomesh/proto/es/google/api/http_pb";
import type { Access, UnitsAsked } from "./access.ts";

/** What public RPCs of every kind have. */
interface PublicRpc {
  /** The RPC's name, such as `GetLocation`. */
  readonly name: string;
  /** What it asks of its callers, from the contract. */
  readonly access: Access;
  /** The REST rule and its additional bindings. */
  readonly rules: readonly HttpRule[];
}

/** A public RPC with one request and one response. Public is an RPC whose contract carries a `google.api.http` rule. */
export interface Operation extends PublicRpc {
  readonly method: DescMethodUnary;
}

/** A public RPC with a stream of requests and one of responses, each of which costs units. */
export interface StreamOperation extends PublicRpc {
  readonly method: DescMethodBiDiStreaming;
  readonly access: Access & { readonly unitsAsked: UnitsAsked };
}

/** An operation that costs units: it is answered only once its usage is durable. */
export interface MeteredOperation extends Operation {
  readonly access: Access & { readonly unitsAsked: UnitsAsked };
}

/** An operation that costs nothing. */
export interface FreeOperation extends Operation {
  readonly access: Access & { readonly unitsAsked: undefined };
}

/** Tells whether an operation costs units, as its contract says. */
export function isMetered<O extends Operation | StreamOperation>(
  operation: O,
): operation is O & { readonly access: { readonly unitsAsked: UnitsAsked } } {
  return operation.access.unitsAsked !== undefined;
}
