import type { Answer } from "./answer-reader.ts";
import type { Connection } from "./connection.ts";
import type { LoadOutput } from "./plan.ts";
import { Tally } from "./tally.ts";

const RETRY_AFTER = /^retry-after: (\d+)\r$/im;

/** How long a closed loop lasts, and how it takes a refusal. */
export interface ClosedLoopOptions {
  readonly seconds: number;
  /** A connection that is refused with `Retry-After` waits so long. Default is to ask again at once. */
  readonly waitsAsTold?: boolean;
}

/** Keeps every connection busy with one request for `seconds`. Latency counts from the moment a request is sent. */
export function closedLoop(
  connections: readonly Connection[],
  requests: readonly Buffer[],
  { seconds, waitsAsTold = false }: ClosedLoopOptions,
): Promise<LoadOutput> {
  const { promise, resolve } = Promise.withResolvers<LoadOutput>();
  const tally = new Tally();
  const endAtMs = performance.now() + seconds * 1000;
  let next = 0;
  let busy = connections.length;

  function drive(connection: Connection): void {
    const sentAtMs = performance.now();
    connection.send(requests[next++ % requests.length] as Buffer, (answer) => {
      const nowMs = performance.now();
      tally.count(answer, nowMs - sentAtMs);
      const pauseMs = waitsAsTold ? retryAfterMs(answer) : 0;
      if (nowMs + pauseMs >= endAtMs) return stop();
      if (pauseMs === 0) drive(connection);
      else setTimeout(drive, pauseMs, connection);
    });
  }

  function stop(): void {
    busy -= 1;
    if (busy === 0) resolve(tally.output());
  }

  for (const connection of connections) drive(connection);
  return promise;
}

/** 0 where the answer does not say. */
function retryAfterMs(answer: Answer | undefined): number {
  const [, seconds = "0"] = RETRY_AFTER.exec(answer?.text ?? "") ?? [];
  return Number(seconds) * 1000;
}
