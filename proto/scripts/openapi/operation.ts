import type { DescMethod } from "@bufbuild/protobuf";
import { commentOf, splitSummary } from "./comments.ts";
import { ContractError } from "./contract-error.ts";
import { parameterExamples } from "./examples.ts";
import type { SchemaDeps } from "./field-schema.ts";
import { headerParameters } from "./header-parameters.ts";
import type { HttpRule } from "./options.ts";
import { pathParameters, queryParameters } from "./parameters.ts";
import { parsePath } from "./path.ts";
import { type BodyRule, requestBody } from "./request-body.ts";
import { responses } from "./responses.ts";
import { securityParts } from "./security.ts";
import { fieldsForAllLines, isStream } from "./streams.ts";
import type { Operation } from "./types.ts";

/** What operations are made with. */
export interface OperationDeps extends SchemaDeps {
  /** Names on the wire by the names of enum values. */
  readonly scopes: ReadonlyMap<string, string>;
}

/** An operation and where it stands. */
export interface PlacedOperation {
  readonly path: string;
  readonly verb: string;
  readonly operation: Operation;
}

const VERBS = ["get", "put", "post", "delete", "patch"] as const;

/** The REST operations of an RPC, one for each rule. Errors: ContractError, which names the RPC. */
export function operationsOf(method: DescMethod, deps: OperationDeps): PlacedOperation[] {
  const rule = deps.options.http(method);
  if (rule === undefined) return [];
  try {
    return [rule, ...(rule.additional_bindings ?? [])].map((each, index) => {
      const placed = toOperation(method, each, deps);
      if (index === 0) return placed;
      const operationId = `${placed.operation.operationId}_${index + 1}`;
      return { ...placed, operation: { ...placed.operation, operationId } };
    });
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    throw new ContractError(`${method.parent.typeName}.${method.name}: ${error.message}`);
  }
}

function toOperation(method: DescMethod, rule: HttpRule, deps: OperationDeps): PlacedOperation {
  const verb = VERBS.find((each) => rule[each] !== undefined);
  if (verb === undefined) throw new ContractError("its http rule is of a kind that is not served");
  const { template, variables } = parsePath(rule[verb] ?? "");
  const { body = "", response_body: responseBody = "" } = rule;
  const operation: Operation = {
    operationId: `${method.parent.name}_${method.name}`,
    tags: [method.parent.name],
    ...texts(method),
    ...(method.deprecated && { deprecated: true }),
    ...parameters(method, { verb, body, variables }, deps),
    ...(body !== "" && { requestBody: requestBody(method, { verb, body, variables }, deps) }),
    responses: responses(method, { verb, responseBody }, deps),
    ...securityParts(deps.options.access(method), deps.scopes),
  };
  return { path: template, verb, operation };
}

function texts(method: DescMethod): Pick<Operation, "summary" | "description"> {
  const { summary, rest } = splitSummary(commentOf(method) ?? "");
  return {
    ...(summary !== "" && { summary }),
    ...(rest !== "" && { description: rest }),
  };
}

function parameters(
  method: DescMethod,
  { verb, body, variables }: BodyRule,
  deps: OperationDeps,
): Pick<Operation, "parameters"> {
  const { input } = method;
  const inQuery = isStream(method, body)
    ? fieldsForAllLines(method, deps)
    : input.fields.filter(({ name }) => body !== "*" && name !== body && !variables.includes(name));
  const ofFields = [
    ...pathParameters(input, variables, deps),
    ...queryParameters(inQuery, deps),
  ].map((parameter) => ({ ...parameter, ...parameterExamples(method, parameter.name) }));
  const all = [...ofFields, ...headerParameters(method, verb, deps.options)];
  return all.length > 0 ? { parameters: all } : {};
}
