import { setTimeout as wait } from "node:timers/promises";

const REQUEST_MS_MAX = 5_000;
const PAUSE_MS = 20;

/** What came of the requests of one load. */
export interface Tally {
  /** By status, or `failed` where no whole answer came. */
  readonly ends: Record<string, number>;
}

/** Requests that are under way at once, from whom and to where. */
export interface LoadOptions {
  readonly url: string;
  readonly key: string;
  readonly loops: number;
}

/** A load that runs until it is stopped. */
export interface Load {
  readonly tally: Tally;
  stop(): Promise<void>;
}

/** Asks for one public address after the other; whoever is refused waits a moment. */
export function startLoad({ url, key, loops }: LoadOptions): Load {
  const ends: Record<string, number> = {};
  let isStopped = false;
  let address = 0;
  async function loop(): Promise<void> {
    while (!isStopped) {
      address = (address + 1) % 250;
      const end = await ask(`${url}/v1/locations/81.2.69.${address + 1}`, key);
      ends[end] = (ends[end] ?? 0) + 1;
      if (end !== "200") await wait(PAUSE_MS);
    }
  }
  const running = Array.from({ length: loops }, loop);
  return {
    tally: { ends },
    async stop() {
      isStopped = true;
      await Promise.all(running);
    },
  };
}

/** The status, once the whole answer is there. */
async function ask(url: string, key: string): Promise<string> {
  try {
    const signal = AbortSignal.timeout(REQUEST_MS_MAX);
    const response = await fetch(url, { headers: { "x-api-key": key }, signal });
    await response.arrayBuffer();
    return `${response.status}`;
  } catch {
    return "failed";
  }
}
