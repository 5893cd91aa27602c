import { benchBatch } from "./batch.ts";
import { benchColdKeys } from "./cold-keys.ts";
import { benchConnections } from "./connections.ts";
import { benchFairness } from "./fairness.ts";
import { benchFields } from "./fields.ts";
import { benchGateway } from "./gateway.ts";
import { benchKeys } from "./keys.ts";
import { benchLatency } from "./latency.ts";
import { benchLayers } from "./layers.ts";
import { benchNginx } from "./nginx.ts";
import type { Part } from "./part.ts";
import { benchStream } from "./stream.ts";
import { benchUsual } from "./usual.ts";
import { benchWorkers } from "./workers.ts";

/** Every part by name, in the order in which `all` runs them. */
export const PARTS: ReadonlyMap<string, Part> = new Map([
  ["gateway", benchGateway],
  ["usual", benchUsual],
  ["nginx", benchNginx],
  ["batch", benchBatch],
  ["stream", benchStream],
  ["fields", benchFields],
  ["latency", benchLatency],
  ["connections", benchConnections],
  ["fairness", benchFairness],
  ["layers", benchLayers],
  ["workers", benchWorkers],
  ["cold-keys", benchColdKeys],
  ["keys", benchKeys],
]);
