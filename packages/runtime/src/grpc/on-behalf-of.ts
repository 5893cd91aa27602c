import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import {
  type CallContext,
  CallContextSchema,
} from "@geomesh/proto/es/geomesh/policy/v1/call_context_pb";
import type { Metadata } from "@grpc/grpc-js";
import { AppError } from "../errors.ts";

/** On whose behalf a process calls another, as `geomesh.policy.v1.CallContext` of the contracts says. */
export type OnBehalfOf = Readonly<Omit<CallContext, "$typeName" | "$unknown">>;

const HEADER = "geomesh-call-context-bin";

/** The metadata of a call on behalf of somebody. */
export function onBehalfOfMetadata(
  context: MessageInitShape<typeof CallContextSchema>,
): Readonly<Record<string, Buffer>> {
  const bytes = toBinary(CallContextSchema, create(CallContextSchema, context));
  return { [HEADER]: Buffer.from(bytes) };
}

/** On whose behalf a call is, by its metadata; undefined where they do not say. Errors: MALFORMED_REQUEST. */
export function readOnBehalfOf(metadata: Pick<Metadata, "get">): OnBehalfOf | undefined {
  const [bytes] = metadata.get(HEADER);
  if (bytes === undefined) return undefined;
  try {
    return fromBinary(CallContextSchema, Buffer.from(bytes));
  } catch (cause) {
    throw new AppError("MALFORMED_REQUEST", { cause });
  }
}
