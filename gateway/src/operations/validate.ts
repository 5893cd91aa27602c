import { create, type DescMessage, type Message } from "@bufbuild/protobuf";
import { createValidator } from "@bufbuild/protovalidate";
import { invalidRequest } from "@geomesh/runtime/grpc/validation";
import { compilePlainCheck } from "./plain-rules.ts";

/** Checks a message. Errors: INVALID_ARGUMENT with all violations. */
export type Validate = (desc: DescMessage, message: Message) => void;

/**
 * Creates a check of messages against the `buf.validate` rules of their contract. The rules of `inputs` are compiled at
 * once, so that no request waits for that.
 */
export function createRequestValidator(inputs: readonly DescMessage[]): Validate {
  const validator = createValidator();
  const plainChecks = new Map<DescMessage, (message: Message) => boolean>();
  for (const input of inputs) {
    validator.validate(input, create(input));
    const check = compilePlainCheck(input);
    if (check !== undefined) plainChecks.set(input, check);
  }
  return (desc, message) => {
    if (plainChecks.get(desc)?.(message) === true) return;
    const result = validator.validate(desc, message);
    if (result.kind === "error") throw result.error;
    if (result.kind === "invalid") throw invalidRequest(result.violations);
  };
}
