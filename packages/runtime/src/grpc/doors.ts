import { constants } from "node:crypto";
import { chmodSync, rmSync } from "node:fs";
import { connect as connectSocket, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { cannotListen, listen } from "../listen.ts";
import { requirePrivateSocket } from "../trust/private-directory.ts";
import type { TlsFiles } from "../trust/tls-files.ts";

/** Where a server accepts connections. */
export interface DoorsOptions {
  readonly host: string;
  /** 0 lets the system choose one. */
  readonly port: number;
  /** A Unix socket beside the port, in a directory of mode 0700; empty for none. */
  readonly socketPath: string;
  /** With it the port speaks TLS and asks clients for a certificate, which they need not have. */
  readonly tls: TlsFiles | undefined;
}

/** Open doors. */
export interface Doors {
  readonly port: number;
  /** Accepts no more, and resolves when all connections have ended. */
  close(): Promise<void>;
  /** Breaks the connections that are left, also those that still negotiate TLS. */
  destroy(): void;
}

const HANDSHAKE_MS_MAX = 5_000;

/** Opens a port, and a socket beside it, and hands every connection to `accept`. Errors: CANNOT_LISTEN, SETTING_INVALID. */
export async function openDoors(
  { host, port, socketPath, tls }: DoorsOptions,
  accept: (connection: Socket) => void,
): Promise<Doors> {
  const connections = new Set<Socket>();
  const servers: Server[] = [];
  const open = (server: Server): Server => {
    servers.push(server);
    return server.on("connection", (connection: Socket) => {
      connections.add(connection);
      connection.once("close", () => connections.delete(connection));
    });
  };
  const close = async () => {
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  };
  const destroy = () => {
    for (const connection of connections) connection.destroy();
  };
  try {
    const server = open(tls === undefined ? createServer(accept) : tlsServer(tls, accept));
    const bound = await listen(server, port, host);
    if (socketPath !== "") await listenAt(open(createServer(accept)), socketPath);
    return { port: bound, close, destroy };
  } catch (error) {
    destroy();
    await close();
    throw error;
  }
}

/** No session is resumed: what authorities vouched for is asked anew at each connection. */
function tlsServer(tls: TlsFiles, accept: (connection: Socket) => void): Server {
  const context = () => ({ ...tls.current, secureOptions: constants.SSL_OP_NO_TICKET });
  const server = createTlsServer(
    {
      ...context(),
      requestCert: true,
      rejectUnauthorized: false,
      minVersion: "TLSv1.2",
      ALPNProtocols: ["h2"],
      handshakeTimeout: HANDSHAKE_MS_MAX,
    },
    accept,
  );
  const forget = tls.onChange(() =>
    server.setSecureContext({ ...context(), minVersion: "TLSv1.2" }),
  );
  return server.once("close", forget);
}

/** Listens at a path where a process that was killed may have left its socket. Errors: CANNOT_LISTEN, SETTING_INVALID. */
async function listenAt(server: Server, path: string): Promise<void> {
  requirePrivateSocket(path);
  if (!(await answers(path))) rmSync(path, { force: true });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", (error) => reject(cannotListen(path, error)));
  server.listen(path, resolve);
  await promise;
  chmodSync(path, 0o600);
}

function answers(path: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const connection = connectSocket(path, () => resolve(true));
  connection.once("error", () => resolve(false));
  return promise.finally(() => connection.destroy());
}
