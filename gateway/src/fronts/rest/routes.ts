import { KEY_PARAMETER } from "../../http/credential.ts";
import type { Operation } from "../../operations/operation.ts";
import { holdsSecret } from "../../operations/secrets.ts";
import type { RequestMeter, RequestMeters } from "../../telemetry/request-meters.ts";
import { type CompiledRule, compileRule } from "../../transcode/compile-rule.ts";
import { Router } from "../../transcode/router.ts";
import { creates, type HeadersOf, resourceHeaders } from "./resource-headers.ts";

/** One REST rule of an operation, ready to be served. */
export interface Target extends CompiledRule {
  readonly operation: Operation;
  readonly meter: RequestMeter;
  /** Of an answer: 201 where the operation creates a resource. */
  readonly status: 200 | 201;
  /** Headers that the answers have beside those of every operation. */
  readonly headersOf: HeadersOf | undefined;
  /** True where an answer holds a secret. */
  readonly isSecret: boolean;
  /** The request field that the body stands for; undefined where it stands for the whole request. */
  readonly bodyField: string | undefined;
}

/**
 * Compiles every REST rule of the operations. Errors: Error where a rule contradicts its contract, or two RPCs, both of which it
 * names, answer the same requests: the gateway does not start.
 */
export function createRoutes(
  operations: readonly Operation[],
  meters: RequestMeters,
): Router<Target> {
  const router = new Router<Target>(
    ({ operation: { method } }) => `${method.parent.typeName}/${method.name}`,
  );
  for (const operation of operations) {
    const isSecret = holdsSecret(operation.method.output);
    const status = creates(operation) ? 201 : 200;
    const meter = meters.of(operation.name);
    for (const rule of operation.rules) {
      const compiled = compileRule(operation.method, rule, { reservedParameters: [KEY_PARAMETER] });
      const headersOf = resourceHeaders(operation, rule, operations);
      const bodyField = rule.body === "" || rule.body === "*" ? undefined : rule.body;
      const target = {
        ...compiled,
        operation,
        meter,
        status,
        headersOf,
        isSecret,
        bodyField,
      } as const;
      router.add(compiled.httpMethod, compiled.path, target);
    }
  }
  return router;
}
