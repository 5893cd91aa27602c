import type { Registry } from "@bufbuild/protobuf";
import { ContractError } from "./contract-error.ts";
import type { Access, OptionReader } from "./options.ts";
import type { Components, Operation } from "./types.ts";

/** The three places of an API key. */
export const SECURITY_SCHEMES: Components["securitySchemes"] = {
  bearer: { type: "http", scheme: "bearer", description: "An API key." },
  key_header: { type: "apiKey", in: "header", name: "X-API-Key", description: "An API key." },
  key_query: {
    type: "apiKey",
    in: "query",
    name: "api_key",
    description: "An API key, for callers that cannot set headers.",
  },
};

/** The policy of an operation. */
export type SecurityParts = Pick<
  Operation,
  "security" | "x-geomesh-scope" | "x-geomesh-metered" | "x-geomesh-account-field"
>;

/** The scope's name on the wire by the name of its enum value. */
export function scopeNames(registry: Registry, options: OptionReader): ReadonlyMap<string, string> {
  const values = registry.getEnum("geomesh.policy.v1.Access.Scope")?.values ?? [];
  return new Map(values.map((value) => [value.name, options.scopeName(value) ?? ""]));
}

/** Errors: ContractError for a policy without a scope or without a tenancy. */
export function securityParts(
  access: Access | undefined,
  scopes: ReadonlyMap<string, string>,
): SecurityParts {
  const scope = scopes.get(access?.scope ?? "") ?? "";
  if (access === undefined || scope === "") throw new ContractError("it is public without a scope");
  const field = access.account_field;
  if (field === undefined && access.no_account !== true) {
    throw new ContractError("it is public and states neither account_field nor no_account");
  }
  return {
    security: Object.keys(SECURITY_SCHEMES).map((name) => ({ [name]: [scope] })),
    "x-geomesh-scope": scope,
    "x-geomesh-metered": access.metering !== undefined,
    ...(field !== undefined && { "x-geomesh-account-field": field }),
  };
}
