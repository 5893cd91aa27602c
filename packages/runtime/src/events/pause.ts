import { setTimeout as wait } from "node:timers/promises";

/** Waits, or less long when the signal aborts. Never rejects. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => {});
}
