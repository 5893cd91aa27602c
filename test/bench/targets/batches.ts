import type { LoadRequest } from "../load/plan.ts";

/** Where batches are posted. */
export const BATCH_PATH = "/v1/locations:batchGet";
/** Addresses of each batch: the most that the contract allows. */
export const BATCH_SIZE = 1_000;

/** Batches of 1,000 by REST with a key. Of the addresses, whole batches are used. */
export function batches(addresses: readonly string[], key: string): LoadRequest[] {
  const headers = { authorization: `Bearer ${key}` };
  return Array.from({ length: Math.floor(addresses.length / BATCH_SIZE) }, (_, at) => {
    const ip_addresses = addresses.slice(at * BATCH_SIZE, (at + 1) * BATCH_SIZE);
    return { path: BATCH_PATH, headers, body: JSON.stringify({ ip_addresses }) };
  });
}
