import {
  type DescMethod,
  getOption,
  hasOption,
  type Message,
  ScalarType,
} from "@bufbuild/protobuf";
import {
  Access_ScopeSchema,
  type Access as AccessOption,
  access as accessOption,
  scope_name,
} from "@geomesh/proto/es/geomesh/policy/v1/policy_pb";
import { type FieldPath, fieldPath } from "./field-path.ts";

/** Tells how many units a request asks for. */
export type UnitsAsked = (request: Message) => number;

/** What a public RPC asks of its callers, as `geomesh.policy.v1.access` of its contract states it. */
export interface Access {
  /** The scope that a key needs, by its name on the wire, such as `locations:read`. */
  readonly scope: string;
  /** Where the request says whose account it is about; undefined where it names none. */
  readonly account: FieldPath | undefined;
  /** How many units a request asks for; undefined where the RPC costs none. */
  readonly unitsAsked: UnitsAsked | undefined;
  /** The request field with the address or addresses that it costs units for; undefined where it costs none. */
  readonly addressesField: string | undefined;
  /** True where it is also answered by CSV. */
  readonly hasCsv: boolean;
  /** True where a request may carry an `Idempotency-Key`. */
  readonly takesIdempotencyKey: boolean;
}

/** Reads the policy of a public RPC. Errors: Error where it is missing, incomplete or contradicts the request. */
export function readAccess(method: DescMethod): Access {
  if (!hasOption(method, accessOption)) throw new Error("it states no access policy");
  const option = getOption(method, accessOption);
  return {
    scope: scopeOf(option),
    account: accountOf(method, option),
    unitsAsked: option.metering && unitsOf(method, option.metering.addressesField),
    addressesField: option.metering?.addressesField,
    hasCsv: option.csv,
    takesIdempotencyKey: option.idempotencyKey,
  };
}

function scopeOf({ scope }: AccessOption): string {
  const value = Access_ScopeSchema.value[scope];
  const name = value === undefined ? "" : getOption(value, scope_name);
  if (name === "") throw new Error("it states no scope");
  return name;
}

function accountOf({ input }: DescMethod, { tenancy }: AccessOption): FieldPath | undefined {
  if (tenancy.case === "noAccount" && tenancy.value) return undefined;
  if (tenancy.case !== "accountField") {
    throw new Error("it states neither account_field nor no_account");
  }
  const path = fieldPath(input, tenancy.value);
  if (isString(path)) return path;
  throw new Error(`account_field "${tenancy.value}" is not a string`);
}

/** A string asks for one unit, a list for as many as it has elements. */
function unitsOf({ input }: DescMethod, addressesField: string): UnitsAsked {
  const path = fieldPath(input, addressesField);
  const { localName, fieldKind } = path.field;
  if (isString(path)) return () => 1;
  if (fieldKind !== "list") {
    throw new Error(`addresses_field "${addressesField}" is neither a string nor a list`);
  }
  return (request) => {
    const addresses = path.ownerOf(request)?.[localName] as readonly string[] | undefined;
    return addresses?.length ?? 0;
  };
}

function isString({ field }: FieldPath): boolean {
  return field.fieldKind === "scalar" && field.scalar === ScalarType.STRING;
}
