import { createFileRegistry, type DescMessage, fromBinary, hasOption } from "@bufbuild/protobuf";
import { pathToString } from "@bufbuild/protobuf/reflect";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { createValidator } from "@bufbuild/protovalidate";
import {
  field as fieldRules,
  message as messageRules,
} from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { AppError } from "../errors.ts";

/** Throws AppError invalid_argument with every violation. Undefined for a method whose request has no rules. */
export type CheckRequest = ((request: Buffer) => void) | undefined;

/**
 * Checks of requests against the `buf.validate` rules of their contracts. They work on the bytes that came in, as the
 * rules' library wants messages of its own kind.
 */
export function requestChecks(descriptorSet: Uint8Array): (path: string) => CheckRequest {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptorSet));
  const validator = createValidator({ registry });
  return (path) => {
    const [, service = "", method = ""] = path.split("/");
    const input = registry.getService(service)?.methods.find(({ name }) => name === method)?.input;
    if (input === undefined || !hasRules(input, new Set())) return undefined;
    return (request) => {
      const result = validator.validate(input, fromBinary(input, request));
      if (result.kind === "error") throw result.error;
      if (result.kind === "valid") return;
      const fields = result.violations.map((violation) => ({
        field: pathToString(violation.field),
        description: violation.message,
        reason: violation.ruleId,
      }));
      const text = fields.map(({ field, description }) => `${field}: ${description}`).join("; ");
      throw new AppError("invalid_argument", "INVALID_ARGUMENT", text, { fields });
    };
  };
}

function hasRules(message: DescMessage, seen: Set<DescMessage>): boolean {
  if (seen.has(message)) return false;
  seen.add(message);
  return (
    hasOption(message, messageRules) ||
    message.fields.some(
      (field) =>
        hasOption(field, fieldRules) ||
        (field.message !== undefined && hasRules(field.message, seen)),
    )
  );
}
