import { benchBatch } from "./batch.ts";
import { benchFairness } from "./fairness.ts";
import { benchGateway } from "./gateway.ts";
import type { Part } from "./part.ts";

/** Every part by name, in the order in which `all` runs them. */
export const PARTS: ReadonlyMap<string, Part> = new Map([
  ["gateway", benchGateway],
  ["batch", benchBatch],
  ["fairness", benchFairness],
]);
