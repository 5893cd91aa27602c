import { toBinary } from "@bufbuild/protobuf";
import {
  type AuthService,
  CreateKeyResponseSchema,
} from "@geomesh/proto/es/geomesh/auth/v1/auth_service_pb";
import type { EsClient } from "@geomesh/runtime/grpc/client";
import { requireScope } from "../operations/account-scope.ts";
import type { Handler } from "../operations/handler.ts";

/** Creates a key with scopes that the caller's key holds itself, so that no key makes a stronger one. Errors: SCOPE_MISSING, those of auth. */
export function createKey(
  auth: EsClient<typeof AuthService>,
): Handler<typeof AuthService.method.createKey> {
  return async (request, { principal }) => {
    for (const scope of request.scopes) requireScope(principal, scope);
    const created = await auth.createKey(request);
    return { response: toBinary(CreateKeyResponseSchema, created), units: 0 };
  };
}
