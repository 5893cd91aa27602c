import {
  type DescMethod,
  type DescMethodUnary,
  type DescService,
  getOption,
  hasOption,
} from "@bufbuild/protobuf";
import { access } from "@geomesh/proto/es/geomesh/policy/v1/policy_pb";
import { http } from "@geomesh/proto/es/google/api/annotations_pb";
import type { Operation } from "./operation.ts";

/**
 * The public operations of the services: an annotation is exposure, and there is no other list.
 * Throws where a contract contradicts itself, so that such a gateway does not start.
 */
export function publicOperations(services: readonly DescService[]): Operation[] {
  return services.flatMap((service) =>
    service.methods.filter((method) => hasOption(method, http)).map(toOperation),
  );
}

function toOperation(method: DescMethod): Operation {
  const where = `${method.parent.typeName}/${method.name}`;
  if (!isUnary(method)) throw new Error(`${where} is public but not unary`);
  if (!hasOption(method, access)) throw new Error(`${where} is public but states no policy`);
  const rule = getOption(method, http);
  return {
    name: method.name,
    method,
    access: getOption(method, access),
    rules: [rule, ...rule.additionalBindings],
  };
}

function isUnary(method: DescMethod): method is DescMethodUnary {
  return method.methodKind === "unary";
}
