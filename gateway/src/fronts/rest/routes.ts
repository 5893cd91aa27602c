import type { DescMessage } from "@bufbuild/protobuf";
import type { HttpRule } from "@geomesh/proto/es/google/api/http_pb";
import type { Operation } from "../../operations/operation.ts";
import { type BindRequest, createBinder } from "../../transcode/bind.ts";
import { createJsonWriter, type JsonWriter } from "../../transcode/json-writer.ts";
import { parsePathTemplate } from "../../transcode/path-template.ts";
import { Router } from "../../transcode/router.ts";

/** One REST rule of an operation, ready to be answered. */
export interface Target {
  readonly operation: Operation;
  readonly takesBody: boolean;
  readonly bind: BindRequest;
  readonly write: JsonWriter;
}

/** All rules of the operations. Throws where a rule contradicts its contract, so that such a gateway does not start. */
export function createRoutes(operations: readonly Operation[]): Router<Target> {
  const router = new Router<Target>();
  for (const operation of operations) {
    for (const rule of operation.rules) {
      const { case: kind, value: path } = rule.pattern;
      if (kind === undefined || kind === "custom") {
        throw new Error(`${operation.name} has an http rule of a kind that is not served`);
      }
      router.add(kind.toUpperCase(), path, createTarget(operation, rule, path));
    }
  }
  return router;
}

function createTarget(operation: Operation, rule: HttpRule, path: string): Target {
  const { input, output } = operation.method;
  const variables = parsePathTemplate(path).variables.map(({ field }) => field);
  return {
    operation,
    takesBody: rule.body !== "",
    bind: createBinder(input, rule, variables),
    write: responseWriter(output, rule),
  };
}

/** Writes the whole response, or the one field of it that `response_body` names. */
function responseWriter(output: DescMessage, { responseBody }: HttpRule): JsonWriter {
  if (responseBody === "") return createJsonWriter(output);
  const field = output.fields.find(({ name }) => name === responseBody);
  if (field?.fieldKind !== "message") {
    throw new Error(`${output.typeName} has no message field ${responseBody}`);
  }
  return createJsonWriter(output, field);
}
