import type { DescMethodUnary } from "@bufbuild/protobuf";
import type { HttpRule } from "@geomesh/proto/es/google/api/http_pb";
import type { Access, UnitsAsked } from "./access.ts";

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

/** An operation that costs units: it is answered only once its usage is durable. */
export interface MeteredOperation extends Operation {
  readonly access: Access & { readonly unitsAsked: UnitsAsked };
}

/** An operation that costs nothing. */
export interface FreeOperation extends Operation {
  readonly access: Access & { readonly unitsAsked: undefined };
}

/** Tells whether an operation costs units, as its contract says. */
export function isMetered(operation: Operation): operation is MeteredOperation {
  return operation.access.unitsAsked !== undefined;
}
