import { toBinary } from "@bufbuild/protobuf";
import type { Duration } from "@bufbuild/protobuf/wkt";
import { durationMs } from "@bufbuild/protobuf/wkt";
import {
  type AuthService,
  DeleteKeyResponseSchema,
  DisableKeyResponseSchema,
  RevokeKeyResponseSchema,
} from "@geomesh/proto/es/geomesh/auth/v1/auth_service_pb";
import type { CallOptions, EsClient } from "@geomesh/runtime/grpc/client";
import type { FreeHandlers } from "../operations/handler.ts";

/** For the change itself, beside the wait that its client asks for. */
const CHANGE_MS_MAX = 5_000;

/** What the handlers work with. */
export interface EndKeysDeps {
  readonly auth: Pick<EsClient<typeof AuthService>, "revokeKey" | "deleteKey" | "disableKey">;
}

/**
 * Forwards what has keys refused, which may be asked to wait until all gateways know of it, and gives auth that time too. Errors:
 * those of auth.
 */
export function endKeys({ auth }: EndKeysDeps): FreeHandlers<typeof AuthService> {
  return {
    revokeKey: async (request, { options }) =>
      toBinary(
        RevokeKeyResponseSchema,
        await auth.revokeKey(request, patient(options, request.wait)),
      ),
    deleteKey: async (request, { options }) =>
      toBinary(
        DeleteKeyResponseSchema,
        await auth.deleteKey(request, patient(options, request.wait)),
      ),
    disableKey: async (request, { options }) =>
      toBinary(
        DisableKeyResponseSchema,
        await auth.disableKey(request, patient(options, request.wait)),
      ),
  };
}

function patient(options: CallOptions, wait: Duration | undefined): CallOptions {
  if (wait === undefined) return options;
  return { ...options, deadlineMs: CHANGE_MS_MAX + durationMs(wait) };
}
