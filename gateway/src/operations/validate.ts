import type { DescMessage, Message } from "@bufbuild/protobuf";
import { pathToString } from "@bufbuild/protobuf/reflect";
import { createValidator } from "@bufbuild/protovalidate";
import { AppError } from "@geomesh/runtime/errors";

export type Validate = (desc: DescMessage, message: Message) => void;

/** Checks messages against the `buf.validate` rules of their contract. Errors: invalid_argument with all violations. */
export function createRequestValidator(): Validate {
  const validator = createValidator();
  return (desc, message) => {
    const result = validator.validate(desc, message);
    if (result.kind === "valid") return;
    if (result.kind === "error") throw result.error;
    const fields = result.violations.map((violation) => ({
      field: pathToString(violation.field),
      description: violation.message,
      reason: violation.ruleId,
    }));
    const text = fields.map(({ field, description }) => `${field}: ${description}`).join("; ");
    throw new AppError("invalid_argument", "INVALID_ARGUMENT", text, { fields });
  };
}
