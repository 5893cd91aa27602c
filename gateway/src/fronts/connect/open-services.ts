import type { DescMethodBiDiStreaming, DescService, MessageInitShape } from "@bufbuild/protobuf";
import type { ConnectRouter, HandlerContext } from "@connectrpc/connect";
import { Health } from "@geomesh/proto/es/grpc/health/v1/health_pb";
import { ServerReflection as V1 } from "@geomesh/proto/es/grpc/reflection/v1/reflection_pb";
import { ServerReflection as V1Alpha } from "@geomesh/proto/es/grpc/reflection/v1alpha/reflection_pb";
import { type ReflectionRequest, Reflector } from "@geomesh/runtime/grpc/reflection";
import { createDecoder } from "./decode-message.ts";
import { addHealth, type HealthDeps } from "./health.ts";
import { publicDescriptors } from "./public-descriptors.ts";
import { readMessages } from "./read-messages.ts";
import { rpcOf } from "./rpc-call.ts";

/** The services that need no key; there are no others. */
const OPEN_SERVICES: readonly DescService[] = [Health, V1, V1Alpha];

/** What health and reflection work with. */
export interface OpenServicesDeps extends Omit<HealthDeps, "names"> {
  /** A serialized FileDescriptorSet. */
  readonly descriptors: Uint8Array;
  /** The public services: health and reflection know these alone. */
  readonly services: readonly DescService[];
}

/** Adds health and reflection (v1 and v1alpha). */
export function addOpenServices(router: ConnectRouter, deps: OpenServicesDeps): void {
  const { descriptors, services, failRpc } = deps;
  const names = services.map(({ typeName }) => typeName);
  addHealth(router, { ...deps, names });
  const listed = new Set([...names, ...OPEN_SERVICES.map(({ typeName }) => typeName)]);
  const reflector = new Reflector(publicDescriptors(descriptors, listed), [...listed]);
  addReflection(V1.method.serverReflectionInfo);
  addReflection(V1Alpha.method.serverReflectionInfo);

  /** v1 and v1alpha differ only in their package. */
  function addReflection<M extends DescMethodBiDiStreaming>(method: M): void {
    const decode = createDecoder(method.input);
    async function* reflect(_empty: unknown, context: HandlerContext) {
      const rpc = rpcOf(context);
      try {
        if (rpc.refusal !== undefined) throw rpc.refusal;
        for await (const request of readMessages(rpc, decode)) {
          const answer = reflector.answer(request as unknown as ReflectionRequest);
          yield answer as MessageInitShape<M["output"]>;
        }
      } catch (error) {
        failRpc(error, rpc);
      }
    }
    router.rpc(method, reflect as never);
  }
}
