import type net from "node:net";
import tls, { type TLSSocket } from "node:tls";
import type { Clock } from "@geomesh/runtime/clock";
import { AppError } from "@geomesh/runtime/errors";
import { readFirstByte } from "./first-bytes.ts";
import { endLingering } from "./linger.ts";
import { rawAnswer } from "./raw-refusal.ts";

/** Names of protocols in ALPN (RFC 7301, section 6; RFC 9113, section 3.2), the preferred first. */
const PROTOCOLS = ["h2", "http/1.1"];
/** The first byte of TLS: a record of the handshake (RFC 8446, section 5.1). */
const HANDSHAKE_RECORD = 0x16;
const UPPER_CASE = /^[A-Z]$/;

/** A certificate, with those between it and the authority, and its key, in PEM. */
export interface TlsMaterial {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
}

/** What the door works with. */
export interface TlsDoorDeps {
  /** With which connections are made. */
  readonly certificate: { readonly material: TlsMaterial };
  readonly newRequestId: () => string;
  /** Hears of each answer to cleartext HTTP. */
  readonly onRefused?: (error: AppError, requestId: string) => void;
  readonly clock: Clock;
}

/** Limits of the door. */
export interface TlsDoorOptions {
  /** Longest wait for the first byte of a handshake, in milliseconds, and then for the whole of it. */
  readonly handshakeMsMax: number;
  /** Most handshakes under way. */
  readonly handshakesMax: number;
}

/** Makes TLS connections, of version 1.2 or 1.3. */
export interface TlsDoor {
  /** Handshakes that did not succeed, or not in time, or had to make room. */
  readonly failed: number;
  /**
   * Takes a connection from which nothing was read, and calls `opened` once its handshake has succeeded; else it is closed.
   * Cleartext HTTP gets an answer that says so.
   */
  take(socket: net.Socket, opened: (secure: TLSSocket) => void): void;
}

/** True where the client has chosen HTTP/2. A client without ALPN speaks HTTP/1.1. */
export function choseHttp2({ alpnProtocol }: TLSSocket): boolean {
  return alpnProtocol === "h2";
}

/** Versions 1.2 and 1.3, with the server's choice of ciphers: the options of a context, all of which each change must name. */
export function contextOf({ cert, key }: TlsMaterial): tls.SecureContextOptions {
  return { cert, key, minVersion: "TLSv1.2", honorCipherOrder: true };
}

interface Handshake {
  readonly socket: net.Socket;
  readonly opened: (secure: TLSSocket) => void;
}

/** What a connection and that which TLS makes of it have in common: its client. */
function nameOf({ remoteAddress, remotePort }: net.Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

/**
 * Creates the door of TLS connections. A silent client costs no more than without TLS, as its state is made with its first byte.
 * Where too many handshakes are under way the oldest makes room: a handshake takes an honest client a few round trips.
 */
export function createTlsDoor(deps: TlsDoorDeps, options: TlsDoorOptions): TlsDoor {
  const { certificate, newRequestId, onRefused, clock } = deps;
  const { handshakeMsMax, handshakesMax } = options;
  /** Handshakes under way by their clients, the oldest first. */
  const underWay = new Map<string, Handshake>();
  let { material } = certificate;
  let failed = 0;

  const server = tls.createServer({
    ...contextOf(material),
    ALPNProtocols: PROTOCOLS,
    handshakeTimeout: handshakeMsMax,
  });
  server.on("secureConnection", (secure) => {
    const name = nameOf(secure);
    const handshake = underWay.get(name);
    underWay.delete(name);
    secure.on("error", () => secure.destroy());
    secure.disableRenegotiation();
    if (handshake === undefined) secure.destroy();
    else handshake.opened(secure);
  });
  // Node tells what failed, and that it took too long, and leaves the connection open.
  server.on("tlsClientError", (_error, secure) => secure.destroy());
  const shake = (socket: net.Socket, opened: Handshake["opened"]) => {
    const [oldest] = underWay.values();
    if (oldest !== undefined && underWay.size >= handshakesMax) oldest.socket.destroy();
    const name = nameOf(socket);
    underWay.set(name, { socket, opened });
    socket.once("close", () => {
      if (underWay.get(name)?.socket !== socket) return;
      underWay.delete(name);
      failed += 1;
    });
    if (material !== certificate.material) {
      material = certificate.material;
      server.setSecureContext(contextOf(material));
    }
    server.emit("connection", socket);
  };
  const refuse = (socket: net.Socket) => {
    const message = "this port speaks TLS: use https";
    const error = new AppError("INVALID_ARGUMENT", { message });
    const requestId = newRequestId();
    onRefused?.(error, requestId);
    endLingering(socket, rawAnswer(error, requestId, clock));
  };
  return {
    get failed() {
      return failed;
    },
    take(socket, opened) {
      readFirstByte(socket, handshakeMsMax, (byte) => {
        if (byte === HANDSHAKE_RECORD) shake(socket, opened);
        else if (UPPER_CASE.test(String.fromCharCode(byte))) refuse(socket);
        else socket.destroy();
      });
    },
  };
}
