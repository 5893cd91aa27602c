import { publicOperations, SERVICES } from "../catalog.ts";
import { isMetered, type MeteredOperation, type Operation } from "../operation.ts";

const OPERATIONS = publicOperations(SERVICES);

/** A public operation. Errors: Error for an unknown one. */
export function operationNamed(name: string): Operation {
  const found = OPERATIONS.find((each) => each.name === name);
  if (found === undefined) throw new Error(`there is no operation ${name}`);
  return found;
}

/** A public operation that costs units. Errors: Error for any other. */
export function meteredOperation(name: "GetLocation" | "BatchGetLocations"): MeteredOperation {
  const operation = operationNamed(name);
  if (!isMetered(operation)) throw new Error(`${name} costs nothing`);
  return operation;
}
