import type { DescMethod, DescService } from "@bufbuild/protobuf";
import type { ConnectRouter } from "@connectrpc/connect";
import {
  Health,
  HealthCheckResponse_ServingStatus as Status,
} from "@geomesh/proto/es/grpc/health/v1/health_pb";
import {
  type ServerReflectionRequest,
  ServerReflection as V1,
} from "@geomesh/proto/es/grpc/reflection/v1/reflection_pb";
import {
  type ServerReflectionRequest as AlphaRequest,
  ServerReflection as V1Alpha,
} from "@geomesh/proto/es/grpc/reflection/v1alpha/reflection_pb";
import { AppError } from "@geomesh/runtime/errors";
import { Reflector } from "@geomesh/runtime/grpc/reflection";
import { toConnectError } from "./connect-error.ts";
import { publicDescriptors } from "./public-descriptors.ts";

/** The RPCs that need no key; there are no others. */
export const OPEN_METHODS: readonly DescMethod[] = [
  Health.method.check,
  V1.method.serverReflectionInfo,
  V1Alpha.method.serverReflectionInfo,
];

/** What health and reflection work with. */
export interface OpenServicesDeps {
  /** A serialized FileDescriptorSet. */
  readonly descriptors: Uint8Array;
  /** The public services: health and reflection know these alone. */
  readonly services: readonly DescService[];
  /** Whether the calls of a service are served, by its full name; those of all where it is empty. */
  readonly isServing: (service: string) => boolean;
}

/** Adds health and reflection (v1 and v1alpha). `Watch` is not served, which grpc.health.v1 allows. */
export function addOpenServices(
  router: ConnectRouter,
  { descriptors, services, isServing }: OpenServicesDeps,
): void {
  const names = services.map(({ typeName }) => typeName);
  router.rpc(Health.method.check, ({ service }) => {
    if (service !== "" && !names.includes(service)) {
      throw toConnectError(new AppError("NOT_FOUND", { message: "the service is unknown" }));
    }
    return { status: isServing(service) ? Status.SERVING : Status.NOT_SERVING };
  });
  const listed = new Set([...names, ...OPEN_METHODS.map(({ parent }) => parent.typeName)]);
  const reflector = new Reflector(publicDescriptors(descriptors, listed), [...listed]);
  router.rpc(
    V1.method.serverReflectionInfo,
    async function* reflect(requests: AsyncIterable<ServerReflectionRequest>) {
      for await (const request of requests) yield reflector.answer(request);
    },
  );
  router.rpc(
    V1Alpha.method.serverReflectionInfo,
    async function* reflect(requests: AsyncIterable<AlphaRequest>) {
      // v1 and v1alpha differ only in their package.
      for await (const request of requests) yield reflector.answer(request) as never;
    },
  );
}
