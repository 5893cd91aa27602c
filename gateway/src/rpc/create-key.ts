import { toBinary } from "@bufbuild/protobuf";
import {
  type AuthService,
  CreateKeyResponseSchema,
} from "@geomesh/proto/es/geomesh/auth/v1/auth_service_pb";
import type { EsClient } from "@geomesh/runtime/grpc/client";
import type { FreeHandler } from "../operations/handler.ts";
import { keepWithinCaller } from "./within-caller.ts";

type CreateKey = typeof AuthService.method.createKey;

/**
 * Creates a key that may do nothing which the caller's key may not do itself: no key makes a stronger one. Errors: those of
 * `keepWithinCaller` and of auth.
 */
export function createKey(
  auth: Pick<EsClient<typeof AuthService>, "createKey">,
): FreeHandler<CreateKey> {
  return async (request, { principal, options }) => {
    if (request.key !== undefined) keepWithinCaller(request.key, principal);
    const created = await auth.createKey(request, options);
    return toBinary(CreateKeyResponseSchema, created);
  };
}
