import { toBinary } from "@bufbuild/protobuf";
import {
  type AuthService,
  CreateKeyResponseSchema,
} from "@geomesh/proto/es/geomesh/auth/v1/auth_service_pb";
import type { EsClient } from "@geomesh/runtime/grpc/client";
import type { KeyTable } from "../keys/key-table.ts";
import type { FreeHandler } from "../operations/handler.ts";
import { whenKnown } from "./when-known.ts";
import { keepWithinCaller } from "./within-caller.ts";

type CreateKey = typeof AuthService.method.createKey;

/** What the handler works with. */
export interface CreateKeyDeps {
  readonly auth: Pick<EsClient<typeof AuthService>, "createKey">;
  readonly keys: Pick<KeyTable, "find">;
}

/**
 * Creates a key that may do nothing which the caller's key may not do itself: no key makes a stronger one. The answer waits
 * until this process knows the key, 1 s at most, so that the client may use it at once. Errors: those of `keepWithinCaller`
 * and of auth.
 */
export function createKey({ auth, keys }: CreateKeyDeps): FreeHandler<CreateKey> {
  return async (request, { principal, call, options }) => {
    if (request.key !== undefined) keepWithinCaller(request.key, principal);
    const created = await auth.createKey(request, options);
    await whenKnown(keys, created.secret, call.signal);
    return toBinary(CreateKeyResponseSchema, created);
  };
}
