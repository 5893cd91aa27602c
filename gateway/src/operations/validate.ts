import { create, type DescMessage, type Message } from "@bufbuild/protobuf";
import { createValidator } from "@bufbuild/protovalidate";
import { type FieldProblem, invalidArgument } from "@geomesh/runtime/errors";
import { invalidRequest } from "@geomesh/runtime/grpc/validation";
import { compilePlainCheck } from "./plain-rules.ts";

/** Checks a message. Errors: INVALID_ARGUMENT with all violations. */
export type Validate = (desc: DescMessage, message: Message) => void;

/**
 * Finds mistakes that the rules of a contract cannot state, and that the handler finds itself where they are the only ones.
 * So it is asked only beside other mistakes, that a client is told of all at once.
 */
export type FindMistakes = (message: Message) => readonly FieldProblem[];

/**
 * Creates a check of messages against the `buf.validate` rules of their contract. The rules of `inputs` are compiled at
 * once, so that no request waits for that.
 */
export function createRequestValidator(
  inputs: readonly DescMessage[],
  moreMistakes: ReadonlyMap<DescMessage, FindMistakes> = new Map(),
): Validate {
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
    if (result.kind === "valid") return;
    const error = invalidRequest(result.violations);
    const known = new Set(error.fields.map(({ field }) => field));
    const more =
      moreMistakes
        .get(desc)?.(message)
        .filter(({ field }) => !known.has(field)) ?? [];
    throw more.length === 0 ? error : invalidArgument([...more, ...error.fields]);
  };
}
