import { createFileRegistry, type DescService, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema, MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import { descriptorSetBytes } from "@geomesh/proto/descriptors";

/** A method that may be called again after a failure, as gRPC's service config names it. */
export interface RetriedMethod {
  readonly service: string;
  readonly method: string;
}

/** The methods whose contract says by `idempotency_level` that calling them twice does no harm. */
export function retriedMethods(service: DescService): RetriedMethod[] {
  return service.methods
    .filter(({ idempotency }) => idempotency !== MethodOptions_IdempotencyLevel.IDEMPOTENCY_UNKNOWN)
    .map(({ name }) => ({ service: service.typeName, method: name }));
}

/** The same for a service known by name, from the compiled contracts; none for a service without a contract. */
export function retriedMethodsOf(serviceName: string): RetriedMethod[] {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptorSetBytes()));
  const service = registry.getService(serviceName);
  return service === undefined ? [] : retriedMethods(service);
}
