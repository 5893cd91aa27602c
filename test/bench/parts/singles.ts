import { ask } from "../../support/api.ts";
import { addresses } from "../addresses.ts";
import type { LoadRequest } from "../load/plan.ts";
import type { Target } from "../measure.ts";
import { startBare } from "../targets/bare.ts";
import { type BenchMesh, lookups } from "../targets/bench-mesh.ts";
import type { ClosableTarget } from "../targets/closable-target.ts";

const ADDRESSES_COUNT = 2_000;

/** What single lookups are measured on. */
export interface Singles {
  readonly key: string;
  readonly addresses: readonly string[];
  readonly requests: readonly LoadRequest[];
  /** A bare server that answers each request with the body of one answer of the mesh. */
  readonly bare: ClosableTarget;
  readonly mesh: Target;
  /** Of the bare server's answer. */
  readonly bodyBytes: number;
}

/** A new customer's single lookups of 2,000 addresses, for the mesh and for a bare server beside it. */
export async function startSingles(mesh: BenchMesh): Promise<Singles> {
  const { key } = await mesh.newCustomer();
  const asked = addresses(ADDRESSES_COUNT);
  const requests = lookups(asked, key);
  const body = (await ask(mesh, "/v1/locations/81.2.69.142", { key })).text;
  const bare = await startBare(body, requests);
  const bodyBytes = Buffer.byteLength(body);
  return { key, addresses: asked, requests, bare, mesh: mesh.target(requests), bodyBytes };
}
