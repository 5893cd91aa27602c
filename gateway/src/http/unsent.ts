import type { Clock } from "@geomesh/runtime/clock";
import type { Response } from "./exchange.ts";

const SWEEP_MS = 100;

/** Bounds of what clients have not read. */
export interface UnsentOptions {
  /** Longest time that a client may take to read an answer, in milliseconds; default 60,000. */
  readonly readMsMax?: number;
  /** A connection with so many bytes unread gets no further request served until it reads; default 4 MiB. */
  readonly connectionBytesMax?: number;
  /** Most bytes of all connections; beyond it those that have waited longest are cut. Default 256 MiB. */
  readonly bytesMax?: number;
}

interface Connection {
  readonly cut: () => void;
  /** The answers that are not sent, and since when that is known; undefined while there is nothing to send. */
  readonly pending: Map<Response, number | undefined>;
  /** Requests that wait until the connection reads. */
  held: (() => void)[];
  bytes: number;
}

/**
 * Bounds the answers that wait for clients to read them: in time, for each connection and in all. What the system's buffers
 * took at once is not counted: that is every answer to a client that reads.
 */
export class Unsent {
  readonly #clock: Clock;
  readonly #readMsMax: number;
  readonly #connectionBytesMax: number;
  readonly #bytesMax: number;
  readonly #connections = new Map<object, Connection>();
  readonly #sweep: NodeJS.Timeout;
  /** Bytes of all connections, as of the last tenth of a second. */
  bytes = 0;
  /** Connections that were cut because their clients did not read. */
  cutConnections = 0;

  constructor(clock: Clock, options: UnsentOptions = {}) {
    this.#clock = clock;
    this.#readMsMax = options.readMsMax ?? 60_000;
    this.#connectionBytesMax = options.connectionBytesMax ?? 4 * 1024 * 1024;
    this.#bytesMax = options.bytesMax ?? 256 * 1024 * 1024;
    this.#sweep = setInterval(() => this.#look(), SWEEP_MS);
  }

  /** Watches an answer until it is sent. */
  watch(response: Response): void {
    const connection = this.#of(response);
    if (connection === undefined || connection.pending.has(response)) return;
    connection.pending.set(response, undefined);
    // All that waited was read, though more may wait already.
    response.on("drain", () => connection.pending.set(response, undefined));
    response.once("close", () => {
      connection.pending.delete(response);
      if (connection.pending.size > 0) return;
      connection.bytes = 0;
      release(connection);
    });
  }

  /** Serves a request now, or once its connection has read enough of what it asked for before. */
  serve(response: Response, serve: () => void): void {
    const connection = this.#of(response);
    if (connection === undefined || connection.bytes <= this.#connectionBytesMax) serve();
    else connection.held.push(serve);
  }

  close(): void {
    clearInterval(this.#sweep);
  }

  #look(): void {
    const monotonicMs = this.#clock.monotonicMs();
    const oldest: { sinceMs: number; connection: Connection }[] = [];
    let bytes = 0;
    for (const connection of this.#connections.values()) {
      const sinceMs = measure(connection, monotonicMs);
      bytes += connection.bytes;
      if (monotonicMs - sinceMs >= this.#readMsMax) bytes -= this.#cut(connection);
      else if (connection.bytes > 0) oldest.push({ sinceMs, connection });
      if (connection.bytes <= this.#connectionBytesMax) release(connection);
    }
    if (bytes > this.#bytesMax) {
      oldest.sort((a, b) => a.sinceMs - b.sinceMs);
      for (const { connection } of oldest) {
        if (bytes <= this.#bytesMax) break;
        bytes -= this.#cut(connection);
      }
    }
    this.bytes = bytes;
  }

  /** Returns the bytes that are gone with it. */
  #cut(connection: Connection): number {
    const { bytes } = connection;
    connection.bytes = 0;
    connection.held = [];
    this.cutConnections += 1;
    connection.cut();
    return bytes;
  }

  /** What is known of a connection, as long as it is open; undefined for one that has gone. */
  #of(response: Response): Connection | undefined {
    const socket = "stream" in response ? response.stream.session : response.req.socket;
    if (socket === undefined || socket.destroyed) return undefined;
    const known = this.#connections.get(socket);
    if (known !== undefined) return known;
    const cut = () => void socket.destroy();
    const connection: Connection = { cut, pending: new Map(), held: [], bytes: 0 };
    this.#connections.set(socket, connection);
    // Answers that wait behind others do not learn that their connection has gone.
    socket.once("close", () => this.#connections.delete(socket));
    return connection;
  }
}

/** Counts the bytes of a connection; returns since when the oldest of them wait, infinite where there are none. */
function measure(connection: Connection, monotonicMs: number): number {
  let [bytes, oldestMs] = [0, Number.POSITIVE_INFINITY];
  for (const [response, knownMs] of connection.pending) {
    const { writableLength } = response;
    bytes += writableLength;
    const sinceMs = writableLength === 0 ? undefined : (knownMs ?? monotonicMs);
    if (sinceMs !== knownMs) connection.pending.set(response, sinceMs);
    if (sinceMs !== undefined) oldestMs = Math.min(oldestMs, sinceMs);
  }
  connection.bytes = bytes;
  return oldestMs;
}

function release(connection: Connection): void {
  const { held } = connection;
  connection.held = [];
  for (const serve of held) serve();
}
