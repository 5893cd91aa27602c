import { ContractError } from "./contract-error.ts";

/** A path of an http rule as OpenAPI writes it. */
export interface Path {
  /** With `{field}` where a variable takes one segment. */
  readonly template: string;
  /** Names of fields, in the order of the path. */
  readonly variables: readonly string[];
}

const VARIABLE = /\{([^{}=]*)(?:=([^{}]*))?\}/g;
const FIELD = /^[a-z][a-z0-9_]*$/;

/**
 * Reads the path template of a `google.api.http` rule. Errors: ContractError for a wildcard or a variable of more than
 * one segment, which OpenAPI cannot express, and for a variable that is not a top-level field.
 */
export function parsePath(text: string): Path {
  const variables: string[] = [];
  const template = text.replace(VARIABLE, (variable, name: string, pattern = "*") => {
    if (!FIELD.test(name) || pattern !== "*") {
      throw new ContractError(`${variable} in ${text} is not one segment for one field`);
    }
    variables.push(name);
    return `{${name}}`;
  });
  if (!template.startsWith("/") || template.includes("*")) {
    throw new ContractError(`${text} has no OpenAPI form`);
  }
  return { template, variables };
}
