import type { HttpRule } from "@geomesh/proto/es/google/api/http_pb";
import { holdsSecret } from "@geomesh/runtime/grpc/holds-secret";
import { KEY_PARAMETER } from "../../http/credential.ts";
import type { Operation, StreamOperation } from "../../operations/operation.ts";
import type { RequestMeter, RequestMeters } from "../../telemetry/request-meters.ts";
import type { BindRequest } from "../../transcode/bind.ts";
import { type CompiledRule, compileRule } from "../../transcode/compile-rule.ts";
import type { ReadLine } from "../../transcode/read-line.ts";
import { Router } from "../../transcode/router.ts";
import { compileIfMatch, type TakeIfMatch } from "./if-match-field.ts";
import { creates, type HeadersOf, resourceHeaders } from "./resource-headers.ts";
import { subjectAlone } from "./stream-lines.ts";

/** One REST rule of an operation, ready to be served. */
export interface Target extends CompiledRule {
  readonly operation: Operation;
  readonly meter: RequestMeter;
  /** Of an answer: 201 where the operation creates a resource, 204 where it deletes one and has nothing to tell. */
  readonly status: 200 | 201 | 204;
  /** Headers that the answers have beside those of every operation. */
  readonly headersOf: HeadersOf | undefined;
  /** True where an answer holds a secret. */
  readonly isSecret: boolean;
  /** The request field that the body stands for; undefined where it stands for the whole request. */
  readonly bodyField: string | undefined;
  /** Takes `If-Match` into the request; undefined where the operation does not ask for a version. */
  readonly takeIfMatch: TakeIfMatch | undefined;
}

/** The RPCs that are served. */
export interface PublicRpcs {
  readonly operations: readonly Operation[];
  readonly streams: readonly StreamOperation[];
}

/** One REST rule of a stream, ready to be served. */
export interface StreamTarget {
  readonly operation: StreamOperation;
  readonly meter: RequestMeter;
  /** Makes what holds for the whole stream of path and query. */
  readonly bind: BindRequest;
  /** Makes a request of a line. */
  readonly readLine: ReadLine;
}

/** What a route leads to. */
export type AnyTarget = Target | StreamTarget;

/** True for a route to a stream. */
export function isStreamTarget(target: AnyTarget): target is StreamTarget {
  return target.operation.method.methodKind === "bidi_streaming";
}

/**
 * Compiles every REST rule of the operations and streams. Errors: Error where a rule contradicts its contract, or two RPCs, both of which it
 * names, answer the same requests: the gateway does not start.
 */
export function createRoutes(
  { operations, streams }: PublicRpcs,
  meters: RequestMeters,
): Router<AnyTarget> {
  const router = new Router<AnyTarget>(
    ({ operation: { method } }) => `${method.parent.typeName}/${method.name}`,
  );
  for (const operation of operations) {
    const isSecret = holdsSecret(operation.method.output);
    const meter = meters.of(operation.name);
    const takeIfMatch = compileIfMatch(operation.method.input);
    for (const rule of operation.rules) {
      const compiled = compileRule(operation.method, rule, { reservedParameters: [KEY_PARAMETER] });
      const status = statusOf(operation, rule);
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
        takeIfMatch,
      } as const;
      router.add(compiled.httpMethod, compiled.path, target);
    }
  }
  for (const stream of streams) addStream(router, stream, meters.of(stream.name));
  return router;
}

function statusOf(operation: Operation, { pattern }: HttpRule): Target["status"] {
  if (creates(operation)) return 201;
  return pattern.case === "delete" && operation.method.output.fields.length === 0 ? 204 : 200;
}

function addStream(
  router: Router<AnyTarget>,
  operation: StreamOperation,
  meter: RequestMeter,
): void {
  const { method, access, rules } = operation;
  for (const rule of rules) {
    const { httpMethod, path, bind, readLine } = compileRule(method, rule, {
      reservedParameters: [KEY_PARAMETER],
      ...(access.addressesField && { bareField: access.addressesField }),
    });
    if (readLine === undefined) throw new Error(`${operation.name} is a stream without lines`);
    const own = subjectAlone(readLine, method.input, access.addressesField);
    router.add(httpMethod, path, { operation, meter, bind, readLine: own });
  }
}
