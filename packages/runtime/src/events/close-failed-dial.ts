import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";

interface Dial {
  readonly sockets: Socket[];
  isOver: boolean;
}

const DIALS = new AsyncLocalStorage<Dial>();
subscribe("net.client.socket", (message) => {
  const dial = DIALS.getStore();
  if (dial !== undefined && !dial.isOver) dial.sockets.push((message as { socket: Socket }).socket);
});

/**
 * Does what `connect` does, and closes the sockets that it opened where it fails. The client of NATS forgets the socket of an
 * attempt that timed out: a server that accepts and says nothing would cost a socket at each. Errors: those of `connect`.
 */
export async function closeFailedDial<T>(connect: () => Promise<T>): Promise<T> {
  const dial: Dial = { sockets: [], isOver: false };
  try {
    return await DIALS.run(dial, connect);
  } catch (error) {
    for (const socket of dial.sockets) socket.destroy();
    throw error;
  } finally {
    // What the connection calls later is in the same context, and opens sockets of its own.
    dial.isOver = true;
    dial.sockets.length = 0;
  }
}
