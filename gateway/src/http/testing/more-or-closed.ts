import { once } from "node:events";
import type { Socket } from "node:net";

/** Waits until more bytes come over a connection that has a reader, or it is closed, and leaves no listener behind. */
export async function moreOrClosed(socket: Socket): Promise<void> {
  const done = new AbortController();
  const { signal } = done;
  try {
    await Promise.race([once(socket, "data", { signal }), once(socket, "close", { signal })]);
  } finally {
    done.abort();
  }
}
