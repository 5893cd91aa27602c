import {
  type LookupFramesRequest,
  LookupService,
} from "@geomesh/proto/es/geomesh/geo/v1/lookup_service_pb";
import { esMethod } from "@geomesh/runtime/grpc/es-definition";
import type { MethodDefinition } from "@grpc/grpc-js";

/** LookupFrames for createTsProtoClient, whose answers stay serialized: an AnswerReader of the stream reads them. */
export const FRAMES_RPC = {
  lookupFrames: {
    ...(esMethod(LookupService.method.lookupFrames) as MethodDefinition<
      LookupFramesRequest,
      object
    >),
    requestStream: true as const,
    responseStream: true as const,
    requestDeserialize: (_bytes: Buffer): LookupFramesRequest => {
      throw new Error("the gateway does not serve LookupFrames");
    },
    responseDeserialize: (bytes: Buffer): Buffer => bytes,
  },
};
