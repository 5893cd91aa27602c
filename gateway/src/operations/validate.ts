import { create, type DescMessage, type Message } from "@bufbuild/protobuf";
import { createValidator } from "@bufbuild/protovalidate";
import { invalidRequest } from "@geomesh/runtime/grpc/validation";

/** Checks a message. Errors: INVALID_ARGUMENT with all violations. */
export type Validate = (desc: DescMessage, message: Message) => void;

/**
 * Creates a check of messages against the `buf.validate` rules of their contract. The rules of `inputs` are compiled at
 * once, so that no request waits for that.
 */
export function createRequestValidator(inputs: readonly DescMessage[]): Validate {
  const validator = createValidator();
  for (const input of inputs) validator.validate(input, create(input));
  return (desc, message) => {
    const result = validator.validate(desc, message);
    if (result.kind === "error") throw result.error;
    if (result.kind === "invalid") throw invalidRequest(result.violations);
  };
}
