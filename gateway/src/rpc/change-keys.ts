import { create, toBinary } from "@bufbuild/protobuf";
import { FieldMaskSchema } from "@bufbuild/protobuf/wkt";
import type { Key } from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import {
  type AuthService,
  EnableKeyResponseSchema,
  ReplaceKeyResponseSchema,
  RotateKeyResponseSchema,
  UpdateKeyResponseSchema,
} from "@geomesh/proto/es/geomesh/auth/v1/auth_service_pb";
import { AppError } from "@geomesh/runtime/errors";
import type { EsClient } from "@geomesh/runtime/grpc/client";
import { applyUpdate, isInMask, isMaskPath, KEY_CHOICE_FIELDS } from "@geomesh/terms/update-mask";
import type { KeyTable } from "../keys/key-table.ts";
import type { Context, FreeHandler, FreeHandlers } from "../operations/handler.ts";
import { whenKnown } from "./when-known.ts";
import { isBound, keepWithinCaller, requireWithinCaller } from "./within-caller.ts";

/** How often a change is tried whose key somebody else changes meanwhile. */
const TRIES_MAX = 3;
/** The etag of no key. */
const NO_ETAG = "-";

type Methods = typeof AuthService.method;

/** What the handlers work with. */
export interface ChangeKeysDeps {
  readonly auth: Pick<
    EsClient<typeof AuthService>,
    "getKey" | "replaceKey" | "updateKey" | "rotateKey" | "enableKey"
  >;
  readonly keys: Pick<KeyTable, "find">;
}

/**
 * Changes of keys by keys, none of which ends up with a key that may do more than itself, or with the secret of one. What the
 * caller may do is compared with the key as it is, and auth makes the change only where it still is so. A caller may always disable and
 * revoke. Errors: those of `requireWithinCaller` and of auth.
 */
export function changeKeys({ auth, keys }: ChangeKeysDeps): FreeHandlers<typeof AuthService> {
  const replaceKey: FreeHandler<Methods["replaceKey"]> = async (request, context) => {
    if (request.key !== undefined) keepWithinCaller(request.key, context.principal);
    return toBinary(ReplaceKeyResponseSchema, await auth.replaceKey(request, context.options));
  };

  const updateKey: FreeHandler<Methods["updateKey"]> = async (request, context) => {
    const mask = request.updateMask?.paths ?? [];
    const isRight = mask.every((path) => isMaskPath(path, KEY_CHOICE_FIELDS));
    const patch = request.key;
    // What is wrong with a request is auth's to say.
    if (patch === undefined || !isRight) {
      return toBinary(UpdateKeyResponseSchema, await auth.updateKey(request, context.options));
    }
    const updateMask = create(FieldMaskSchema, { paths: [...KEY_CHOICE_FIELDS] });
    const updated = await guarded({ ...request, keyEtag: patch.etag }, context, (etag, current) => {
      if (current === undefined) return auth.updateKey(request, context.options);
      // What is the path's or never changes is auth's to compare.
      const { keyId, accountId, mode } = patch;
      const key = applyUpdate(current, patch, { mask, fields: KEY_CHOICE_FIELDS });
      // What it neither sets nor unsets stays as it is, and must be within the caller so.
      keepWithinCaller(key, context.principal, (field) => isInMask(field, mask));
      const asked = { ...request, key: { ...key, keyId, accountId, mode, etag }, updateMask, etag };
      return auth.updateKey(asked, context.options);
    });
    return toBinary(UpdateKeyResponseSchema, updated);
  };

  const rotateKey: FreeHandler<Methods["rotateKey"]> = async (request, context) => {
    const rotated = await guarded(request, context, (etag, current) => {
      if (current !== undefined) requireWithinCaller(current, context.principal);
      return auth.rotateKey({ ...request, etag }, context.options);
    });
    await whenKnown(keys, rotated.secret, context.call.signal);
    return toBinary(RotateKeyResponseSchema, rotated);
  };

  const enableKey: FreeHandler<Methods["enableKey"]> = async (request, context) => {
    const enabled = await guarded(request, context, (etag, current) => {
      if (current !== undefined) requireWithinCaller(current, context.principal);
      return auth.enableKey({ ...request, etag }, context.options);
    });
    return toBinary(EnableKeyResponseSchema, enabled);
  };

  /** Makes a change by the key as it is, which only those need to know that are bound by their own. */
  async function guarded<T>(
    asked: AskedOfKey,
    { principal, options }: Context,
    change: (etag: string, current: Key | undefined) => Promise<T>,
  ): Promise<T> {
    if (!isBound(principal)) return change(asked.etag, undefined);
    const { accountId, keyId } = asked;
    for (let tries = 1; ; tries++) {
      const { key } = await auth.getKey({ accountId, keyId }, options);
      if (key === undefined) throw new AppError("KEY_NOT_FOUND");
      const known = [asked.etag, asked.keyEtag ?? ""].filter(Boolean);
      // Auth refuses what has another etag, but for a request that it has answered before.
      const isKnown = known.every((etag) => etag === key.etag);
      try {
        return await change(isKnown ? key.etag : NO_ETAG, key);
      } catch (error) {
        const isChanged = error instanceof AppError && error.reason === "ETAG_MISMATCH";
        if (!isChanged || known.length > 0 || tries === TRIES_MAX) throw error;
      }
    }
  }

  return { replaceKey, updateKey, rotateKey, enableKey };
}

/** What a request says of the key that it is about. */
interface AskedOfKey {
  readonly accountId: string;
  readonly keyId: string;
  readonly etag: string;
  /** The etag in the key that it carries. */
  readonly keyEtag?: string;
}
