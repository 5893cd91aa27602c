import type { Connection } from "./connection.ts";
import type { LoadOutput } from "./plan.ts";
import { Tally } from "./tally.ts";

/** Keeps every connection busy with one request for `seconds`. Latency counts from the moment a request is sent. */
export function closedLoop(
  connections: readonly Connection[],
  requests: readonly Buffer[],
  seconds: number,
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
      if (nowMs < endAtMs) return drive(connection);
      busy -= 1;
      if (busy === 0) resolve(tally.output());
    });
  }

  for (const connection of connections) drive(connection);
  return promise;
}
