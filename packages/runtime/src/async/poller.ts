import { pause } from "./pause.ts";

/** Work that is done again and again until it is closed. */
export interface Poller {
  /** Resolves when the poll under way, if there is one, has ended. No poll starts after that. */
  close(): Promise<void>;
}

/** How a poller behaves. */
export interface PollerOptions {
  /** From the end of one poll to the start of the next, in milliseconds; also before the first one. */
  readonly pauseMs: number;
  /** Receives what a poll rejects with; polling continues. */
  readonly onError: (error: unknown) => void;
}

/** Calls `poll` again and again, one call at a time. */
export function startPoller(poll: () => Promise<void>, options: PollerOptions): Poller {
  const { pauseMs, onError } = options;
  const closing = new AbortController();
  const loop = async () => {
    for (;;) {
      await pause(pauseMs, closing.signal);
      if (closing.signal.aborted) return;
      try {
        await poll();
      } catch (error) {
        onError(error);
      }
    }
  };
  const ended = loop();
  return {
    async close() {
      closing.abort();
      await ended;
    },
  };
}
