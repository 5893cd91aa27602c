import type { DescService } from "@bufbuild/protobuf";
import { ServerReflection } from "@geomesh/proto/es/grpc/reflection/v1/reflection_pb";
import { ServerReflection as AlphaReflection } from "@geomesh/proto/es/grpc/reflection/v1alpha/reflection_pb";
import { esDefinition } from "./es-definition.ts";
import { type BidiHandler, type Implemented, implement } from "./implement.ts";
import { type ReflectionRequest, Reflector } from "./reflection.ts";

const VERSIONS: readonly DescService[] = [ServerReflection, AlphaReflection];

/** Server reflection v1 and v1alpha, which lists the given services and itself. */
export function reflectionServices(
  descriptorSet: Uint8Array,
  services: readonly string[],
): Implemented[] {
  const names = [...services, ...VERSIONS.map((version) => version.typeName)];
  const reflector = new Reflector(descriptorSet, names);
  const serverReflectionInfo: BidiHandler<object, object> = (call) => {
    call.on("data", (request: ReflectionRequest) => call.write(reflector.answer(request)));
    call.on("end", () => call.end());
  };
  return VERSIONS.map((version) => implement(esDefinition(version), { serverReflectionInfo }));
}
