import { type MessageShape, toBinary } from "@bufbuild/protobuf";
import {
  type AuthService,
  CreateKeyResponseSchema,
} from "@geomesh/proto/es/geomesh/auth/v1/auth_service_pb";
import type { EsClient } from "@geomesh/runtime/grpc/client";
import { SCOPES_DEFAULT } from "@geomesh/terms/scopes";
import type { Principal } from "../keys/key-table.ts";
import type { FreeHandler } from "../operations/handler.ts";
import { holdsScope, requireScope } from "../operations/scopes.ts";

type CreateKey = typeof AuthService.method.createKey;
type Request = MessageShape<CreateKey["input"]>;

/**
 * Creates a key with scopes that the caller's key holds itself, so that no key makes a stronger one. Where none is asked
 * for, it gets those of the default that the caller's key holds. Errors: SCOPE_MISSING, those of auth.
 */
export function createKey(
  auth: Pick<EsClient<typeof AuthService>, "createKey">,
): FreeHandler<CreateKey> {
  return async (request, { principal, call }) => {
    const { signal } = call;
    const created = await auth.createKey(withinScopes(request, principal), { signal });
    return toBinary(CreateKeyResponseSchema, created);
  };
}

function withinScopes(request: Request, principal: Principal): Request {
  const { key } = request;
  if (key === undefined) return request;
  if (key.scopes.length === 0) {
    key.scopes = SCOPES_DEFAULT.filter((scope) => holdsScope(principal, scope));
    // Auth would give the whole default to a key without scopes.
    if (key.scopes.length === 0) key.scopes = [...SCOPES_DEFAULT];
  }
  for (const scope of key.scopes) requireScope(principal, scope);
  return request;
}
