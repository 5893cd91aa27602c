import net from "node:net";
import { listen, stopListening } from "@geomesh/runtime/listen";

/** An open source of connections. */
export interface Connections {
  /** The port in use; 0 where another process listens. */
  readonly port: number;
  /** Takes those that have been made already, and then no more. Those that were taken stay as they are. */
  stop(): Promise<void>;
}

/** Begins to take connections, each with Nagle's algorithm off and nothing read from it. Errors: CANNOT_LISTEN. */
export type ConnectionSource = (take: (socket: net.Socket) => void) => Promise<Connections>;

/** Where a process listens. */
export interface ListenOptions {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
}

/** A source with a listening socket of its own. */
export function listening({ host, port }: ListenOptions): ConnectionSource {
  return async (take) => {
    const server = net.createServer({ noDelay: true }, take);
    return { port: await listen(server, port, host), stop: () => stopListening(server) };
  };
}
