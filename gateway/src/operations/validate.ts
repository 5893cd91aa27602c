import { create, type DescMessage, type Message } from "@bufbuild/protobuf";
import { createValidator } from "@bufbuild/protovalidate";
import type { Plan } from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import { type AppError, type FieldProblem, invalidArgument } from "@geomesh/runtime/errors";
import { invalidRequest } from "@geomesh/runtime/grpc/validation";
import { compilePlainCheck } from "./plain-rules.ts";

/**
 * Checks a message of a caller with a plan. Errors: INVALID_ARGUMENT with all violations; where there is none, PLAN_FORBIDDEN for
 * what the plan does not allow.
 */
export type Validate = (desc: DescMessage, message: Message, plan: Plan) => void;

/** Finds mistakes in a request. A client is told of all at once. */
export type FindMistakes = (message: Message) => readonly FieldProblem[];

/** Mistakes of a request that the rules of its contract cannot state. */
export interface MoreMistakes {
  /** Those that nobody else finds. */
  readonly always?: FindMistakes;
  /** Those that the handler finds itself where they are the only ones: asked for only beside others. */
  readonly besideOthers?: FindMistakes;
  /** Refuses a request without mistakes by the plan of its caller. Errors: PLAN_FORBIDDEN, INVALID_ARGUMENT. */
  readonly ofPlan?: (message: Message, plan: Plan) => void;
}

/**
 * Creates a check of messages against the `buf.validate` rules of their contract. The rules of `inputs` are compiled at
 * once, so that no request waits for that.
 */
export function createRequestValidator(
  inputs: readonly DescMessage[],
  moreMistakes: ReadonlyMap<DescMessage, MoreMistakes> = new Map(),
): Validate {
  const validator = createValidator();
  const plainChecks = new Map<DescMessage, (message: Message) => boolean>();
  for (const input of inputs) {
    validator.validate(input, create(input));
    const check = compilePlainCheck(input);
    if (check !== undefined) plainChecks.set(input, check);
  }
  /** Undefined where the rules of the contract are kept. */
  function brokenRules(desc: DescMessage, message: Message): AppError | undefined {
    if (plainChecks.get(desc)?.(message) === true) return undefined;
    const result = validator.validate(desc, message);
    if (result.kind === "error") throw result.error;
    return result.kind === "valid" ? undefined : invalidRequest(result.violations);
  }

  return (desc, message, plan) => {
    const error = brokenRules(desc, message);
    const { always, besideOthers, ofPlan } = moreMistakes.get(desc) ?? NO_MORE;
    const own = always?.(message) ?? NOTHING;
    if (error === undefined && own.length === 0) {
      ofPlan?.(message, plan);
      return;
    }
    const known = new Set(error?.fields.map(({ field }) => field));
    const found = [...(besideOthers?.(message) ?? NOTHING), ...own];
    const more = found.filter(({ field }) => !known.has(field));
    if (error !== undefined && more.length === 0) throw error;
    throw invalidArgument([...more, ...(error?.fields ?? NOTHING)]);
  };
}

const NO_MORE: MoreMistakes = {};
const NOTHING: readonly FieldProblem[] = [];
