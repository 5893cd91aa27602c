import type { DescEnumValue, Registry } from "@bufbuild/protobuf";
import { commentOf } from "./comments.ts";
import { ContractError } from "./contract-error.ts";
import type { OptionReader } from "./options.ts";

/** A reason that clients of the gateway see. */
export interface PublicReason {
  /** In lower case, as REST writes it. */
  readonly code: string;
  readonly httpStatus: number;
}

const MAPPING = /HTTP Mapping: (\d{3})/;

/**
 * The error catalogue as REST clients see it, in the order of the contract. Errors: ContractError for a reason without a
 * policy or a status.
 */
export function publicReasons(registry: Registry, options: OptionReader): PublicReason[] {
  const statuses = httpStatuses(registry);
  const named = (registry.getEnum("geomesh.common.v1.Reason")?.values ?? []).slice(1);
  return named.flatMap((value) => {
    const policy = options.reason(value);
    if (policy?.public_reason !== undefined) return [];
    const httpStatus = policy?.http_status ?? statuses.get(policy?.code ?? "");
    if (httpStatus === undefined) throw new ContractError(`${value} has no HTTP status`);
    return [{ code: value.name.toLowerCase(), httpStatus }];
  });
}

/** The HTTP status of each gRPC status, which google.rpc.Code states in its comments alone. */
function httpStatuses(registry: Registry): ReadonlyMap<string, number> {
  const values = registry.getEnum("google.rpc.Code")?.values ?? [];
  return new Map(values.flatMap((value) => mappingOf(value)));
}

function mappingOf(value: DescEnumValue): [string, number][] {
  const [, status] = MAPPING.exec(commentOf(value) ?? "") ?? [];
  return status === undefined ? [] : [[value.name, Number(status)]];
}
