import type net from "node:net";
import type { TLSSocket } from "node:tls";

const CONNECTIONS_MAX = 20_000;

/** The open connections of a server, up to 20,000, and what it counts of them. */
export class OpenConnections {
  readonly #sockets = new Set<net.Socket>();
  /** Those that may not have begun to speak HTTP, with what TLS has made of them. */
  readonly #silent = new Map<net.Socket, TLSSocket | undefined>();
  readonly #emptied = Promise.withResolvers<void>();
  #isLast = false;
  http1 = 0;
  http2 = 0;
  accepted = 0;
  refused = 0;

  /** Admits a connection, which has said nothing yet. False, and it is cut, where there are too many. */
  admit(socket: net.Socket): boolean {
    this.accepted += 1;
    if (this.#sockets.size >= CONNECTIONS_MAX) {
      this.refused += 1;
      socket.destroy();
      return false;
    }
    this.#sockets.add(socket);
    this.#silent.set(socket, undefined);
    socket.once("close", () => {
      this.#sockets.delete(socket);
      this.#silent.delete(socket);
      if (this.#isLast && this.#sockets.size === 0) this.#emptied.resolve();
    });
    socket.on("error", () => socket.destroy());
    return true;
  }

  /** The handshake of a connection has succeeded. It is cut if it says nothing for `msMax` milliseconds. */
  secured(socket: net.Socket, secure: TLSSocket, msMax: number): void {
    this.#silent.set(socket, secure);
    const late = setTimeout(() => cutIfSilent(socket, secure), msMax);
    socket.once("close", () => clearTimeout(late));
  }

  /** A connection of cleartext has begun to speak. */
  spoke(socket: net.Socket): void {
    this.#silent.delete(socket);
  }

  /** Counts a connection by its protocol as long as it is open. */
  count(socket: net.Socket, protocol: "http1" | "http2"): void {
    this[protocol] += 1;
    socket.once("close", () => {
      this[protocol] -= 1;
    });
  }

  /** Cuts those that have said nothing yet. */
  cutSilent(): void {
    for (const [socket, secure] of this.#silent) cutIfSilent(socket, secure);
  }

  cutAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Resolves once all have ended. None may be admitted any more. */
  async emptied(): Promise<void> {
    this.#isLast = true;
    if (this.#sockets.size > 0) await this.#emptied.promise;
  }
}

function cutIfSilent(socket: net.Socket, secure: TLSSocket | undefined): void {
  if (secure === undefined || secure.bytesRead === 0) socket.destroy();
}
