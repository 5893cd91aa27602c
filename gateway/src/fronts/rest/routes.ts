import { KEY_PARAMETER } from "../../http/credential.ts";
import type { Operation } from "../../operations/operation.ts";
import { type CompiledRule, compileRule } from "../../transcode/compile-rule.ts";
import { Router } from "../../transcode/router.ts";

/** One REST rule of an operation, ready to be served. */
export interface Target extends CompiledRule {
  readonly operation: Operation;
}

/** Compiles every REST rule of the operations. Errors: Error where a rule contradicts its contract: the gateway does not start. */
export function createRoutes(operations: readonly Operation[]): Router<Target> {
  const router = new Router<Target>();
  for (const operation of operations) {
    for (const rule of operation.rules) {
      const compiled = compileRule(operation.method, rule, { reservedParameters: [KEY_PARAMETER] });
      router.add(compiled.httpMethod, compiled.path, { operation, ...compiled });
    }
  }
  return router;
}
