import { createFileRegistry, type DescMessage, fromBinary, hasOption } from "@bufbuild/protobuf";
import { pathToString } from "@bufbuild/protobuf/reflect";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { createValidator, type Violation } from "@bufbuild/protovalidate";
import {
  field as fieldRules,
  message as messageRules,
  oneof as oneofRules,
} from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { type AppError, invalidArgument } from "../errors.ts";
import { violationSentence } from "./violation-sentence.ts";

/** Checks an encoded request. Errors: INVALID_ARGUMENT with every field that breaks a `buf.validate` rule. */
export type CheckRequest = (bytes: Uint8Array) => void;

/**
 * Reads the checks of requests by method path from a FileDescriptorSet. Undefined for requests without rules, so that they
 * are not decoded twice.
 */
export function requestChecks(
  descriptorSet: Uint8Array,
): (path: string) => CheckRequest | undefined {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptorSet));
  const validator = createValidator({ registry });
  const checkOf = (input: DescMessage): CheckRequest => {
    // The first validation compiles the rules, which takes far longer than any call should.
    validator.validate(input, fromBinary(input, new Uint8Array()));
    return (bytes) => {
      const result = validator.validate(input, fromBinary(input, bytes));
      if (result.kind === "error") throw result.error;
      if (result.kind === "invalid") throw invalidRequest(result.violations);
    };
  };
  return (path) => {
    const [, service = "", name] = path.split("/");
    const method = registry.getService(service)?.methods.find((known) => known.name === name);
    return method && hasRules(method.input) ? checkOf(method.input) : undefined;
  };
}

/** True if the message or anything inside it has a rule. */
function hasRules(message: DescMessage, seen = new Set<DescMessage>()): boolean {
  if (seen.has(message)) return false;
  seen.add(message);
  return (
    hasOption(message, messageRules) ||
    message.oneofs.some((oneof) => hasOption(oneof, oneofRules)) ||
    message.fields.some(
      (field) => hasOption(field, fieldRules) || (field.message && hasRules(field.message, seen)),
    )
  );
}

/** Violations of the rules of a contract as one INVALID_ARGUMENT that names every field. */
export function invalidRequest(violations: readonly Violation[]): AppError {
  return invalidArgument(
    violations.map((violation) => ({
      field: pathToString(violation.field),
      description: violationSentence(violation),
      reason: violation.ruleId,
    })),
  );
}
