import { setTimeout as wait } from "node:timers/promises";

const POLL_MS = 10;

/**
 * Waits until the check neither throws nor returns `false`, and resolves with its result. Errors: the last one of the check,
 * after `deadlineMs` (default 15,000: a test waits for what must come, not for how soon).
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { deadlineMs = 15_000 }: { deadlineMs?: number } = {},
): Promise<T> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const isLast = performance.now() >= deadline;
    try {
      const answer = await check();
      if (answer !== false) return answer;
      if (isLast) throw new Error(`still false after ${deadlineMs} ms: ${check}`);
    } catch (error) {
      if (isLast) throw error;
    }
    await wait(POLL_MS);
  }
}
