import net from "node:net";
import { listen, stopListening } from "@geomesh/runtime/listen";

/** By which port a connection came: the one for cleartext, or the one for TLS. */
export type Door = "cleartext" | "tls";

/** An open source of connections. */
export interface Connections {
  /** The port in use; 0 where another process listens. */
  readonly port: number;
  /** The port for TLS in use; 0 where there is none, or another process listens. */
  readonly httpsPort: number;
  /** Takes those that have been made already, and then no more. Those that were taken stay as they are. */
  stop(): Promise<void>;
}

/** Takes a connection. */
export type TakeConnection = (socket: net.Socket, door: Door) => void;

/** Begins to take connections, each with Nagle's algorithm off and nothing read from it. Errors: CANNOT_LISTEN. */
export type ConnectionSource = (take: TakeConnection) => Promise<Connections>;

/** Where a process listens. */
export interface ListenOptions {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** The port for TLS; default is none. */
  readonly httpsPort?: number | undefined;
}

/** A source with listening sockets of its own. */
export function listening(options: ListenOptions): ConnectionSource {
  return (take) => listenAtDoors(options, { noDelay: true }, take);
}

/** Listens for cleartext, and for TLS where there is a port for it. Errors: CANNOT_LISTEN; nothing listens then. */
export async function listenAtDoors(
  { host, port, httpsPort: wanted }: ListenOptions,
  server: net.ServerOpts,
  take: TakeConnection,
): Promise<Connections> {
  const cleartext = net.createServer(server, (socket) => take(socket, "cleartext"));
  const bound = await listen(cleartext, port, host);
  if (wanted === undefined) {
    return { port: bound, httpsPort: 0, stop: () => stopListening(cleartext) };
  }
  const tls = net.createServer(server, (socket) => take(socket, "tls"));
  try {
    const httpsPort = await listen(tls, wanted, host);
    const stop = async () => void (await Promise.all([cleartext, tls].map(stopListening)));
    return { port: bound, httpsPort, stop };
  } catch (error) {
    cleartext.close();
    throw error;
  }
}
