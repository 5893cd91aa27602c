import type { Connection } from "./connection.ts";
import type { LoadOutput } from "./plan.ts";
import { Tally } from "./tally.ts";

/** Timers of Node are no finer. Requests of one tick are due together, which is harder on a server than evenly spread ones. */
const TICK_MS = 1;

/** When requests are due. */
export interface Schedule {
  readonly perSecond: number;
  readonly seconds: number;
}

/**
 * Sends requests when they are due, however late the answers to earlier ones are. One that finds no free connection waits
 * here, and its latency counts from when it was due all the same: so a server that stalls cannot hide the requests that it
 * kept from being sent (coordinated omission).
 */
export function openLoop(
  connections: readonly Connection[],
  requests: readonly Buffer[],
  { perSecond, seconds }: Schedule,
): Promise<LoadOutput> {
  const { promise, resolve } = Promise.withResolvers<LoadOutput>();
  const tally = new Tally();
  const startedAtMs = performance.now();
  const count = Math.max(1, Math.round(perSecond * seconds));
  const free = [...connections];
  let sent = 0;
  let answered = 0;

  /** The tick at which a request is due. */
  const dueAtMs = (index: number) =>
    startedAtMs + Math.ceil((index * 1000) / perSecond / TICK_MS) * TICK_MS;

  function sendDue(): void {
    const nowMs = performance.now();
    while (sent < count && dueAtMs(sent) <= nowMs) {
      const connection = free.pop();
      if (connection === undefined) return;
      send(connection, sent++);
    }
  }

  function send(connection: Connection, index: number): void {
    connection.send(requests[index % requests.length] as Buffer, (answer) => {
      tally.count(answer, performance.now() - dueAtMs(index));
      free.push(connection);
      answered += 1;
      if (answered === count) {
        clearInterval(ticks);
        resolve(tally.output());
      } else {
        sendDue();
      }
    });
  }

  const ticks = setInterval(sendDue, TICK_MS);
  sendDue();
  return promise;
}
