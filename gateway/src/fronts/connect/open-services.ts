import type { DescMethodBiDiStreaming, DescService, MessageInitShape } from "@bufbuild/protobuf";
import { Health } from "@geomesh/proto/es/grpc/health/v1/health_pb";
import { ServerReflection as V1 } from "@geomesh/proto/es/grpc/reflection/v1/reflection_pb";
import { ServerReflection as V1Alpha } from "@geomesh/proto/es/grpc/reflection/v1alpha/reflection_pb";
import { type ReflectionRequest, Reflector } from "@geomesh/runtime/grpc/reflection";
import { type HealthDeps, healthRpcs } from "./health.ts";
import { publicDescriptors } from "./public-descriptors.ts";
import { type Rpc, streamRpc } from "./rpc.ts";

/** The services that need no key; there are no others. */
const OPEN_SERVICES: readonly DescService[] = [Health, V1, V1Alpha];

/** What health and reflection work with. */
export interface OpenServicesDeps extends Omit<HealthDeps, "names"> {
  /** A serialized FileDescriptorSet. */
  readonly descriptors: Uint8Array;
  /** The public services: health and reflection know these alone. */
  readonly services: readonly DescService[];
}

/** The RPCs of health and reflection (v1 and v1alpha). */
export function openRpcs(deps: OpenServicesDeps): Rpc[] {
  const { descriptors, services } = deps;
  const names = services.map(({ typeName }) => typeName);
  const listed = new Set([...names, ...OPEN_SERVICES.map(({ typeName }) => typeName)]);
  const reflector = new Reflector(publicDescriptors(descriptors, listed), [...listed]);
  return [
    ...healthRpcs({ ...deps, names }),
    reflectionRpc(V1.method.serverReflectionInfo, reflector),
    reflectionRpc(V1Alpha.method.serverReflectionInfo, reflector),
  ];
}

/** v1 and v1alpha differ only in their package. */
function reflectionRpc<M extends DescMethodBiDiStreaming>(method: M, reflector: Reflector): Rpc {
  return streamRpc(
    method,
    () =>
      async function* reflect(requests) {
        for await (const request of requests) {
          const answer = reflector.answer(request as unknown as ReflectionRequest);
          yield answer as MessageInitShape<M["output"]>;
        }
      },
  );
}
