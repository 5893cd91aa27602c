import { pause } from "@geomesh/runtime/async/pause";
import { apiKeyHash } from "@geomesh/terms/api-key";
import type { KeyTable } from "../keys/key-table.ts";

const POLL_MS = 5;
/** In all a second: auth tells a change within milliseconds, but a busy machine may take longer. */
const POLLS_MAX = 200;

/** Waits until this process knows a new key, for a second at most, so that its client may use it at once. Never rejects. */
export async function whenKnown(
  keys: Pick<KeyTable, "find">,
  secret: string,
  signal: AbortSignal,
): Promise<void> {
  const hash = apiKeyHash(secret);
  for (let polls = 0; polls < POLLS_MAX && !signal.aborted; polls++) {
    if (keys.find(hash) !== undefined) break;
    await pause(POLL_MS, signal);
  }
}
