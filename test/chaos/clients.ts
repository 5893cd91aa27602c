import { once } from "node:events";
import http from "node:http";
import http2 from "node:http2";
import { text } from "node:stream/consumers";
import { setTimeout as wait } from "node:timers/promises";

const PAUSE_MS = 10;
const REQUEST_MS_MAX = 5_000;

/** What the clients of a kind saw. */
export interface Seen {
  readonly kind: string;
  answered: number;
  /** Requests that a client sent anew because its connection took none any more: nothing of them had left it. */
  sentAnew: number;
  /** Of requests that were not answered by 200: what happened, and how often. */
  readonly failed: Map<string, number>;
}

/** Clients that ask until they are stopped. */
export interface Clients {
  readonly seen: Seen;
  stop(): Promise<Seen>;
}

/** What to ask for. */
export interface Asked {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** How many clients, by what name, and whether they keep their connections. */
export interface Http1Options {
  readonly kind: string;
  readonly clients: number;
  readonly keepAlive: boolean;
}

/** Clients of HTTP/1.1 at one port, each with a connection that it keeps as long as it may, or one for each request. */
export function startHttp1Clients(
  port: number,
  { path, headers }: Asked,
  { kind, clients, keepAlive }: Http1Options,
): Clients {
  const agent = new http.Agent({ keepAlive, maxSockets: clients });
  const ask = async () => {
    const signal = AbortSignal.timeout(REQUEST_MS_MAX);
    const request = http.get({ host: "127.0.0.1", port, path, headers, agent, signal });
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    await text(response);
    return response.statusCode ?? 0;
  };
  return startLoops(
    kind,
    clients,
    () => ask,
    () => agent.destroy(),
  );
}

/**
 * Clients of HTTP/2 that know the gateways themselves and keep a connection. When it takes no more requests, or a gateway
 * cannot be connected to, they go to the next gateway.
 */
export function startHttp2Clients(
  ports: readonly number[],
  { path, headers }: Asked,
  clients: number,
): Clients {
  const open: (() => void)[] = [];
  const kind = "HTTP/2 to the gateways, connections kept";
  const newClient = (seen: Seen) => {
    const connection = new Http2Connection(ports);
    open.push(() => connection.close());
    return async () => {
      for (;;) {
        const session = await connection.session();
        try {
          const stream = session.request({ ":path": path, ...headers });
          const [received] = (await once(stream, "response")) as [http2.IncomingHttpHeaders];
          await text(stream);
          return Number(received[":status"]);
        } catch (error) {
          if (!isUnsent(error)) throw error;
          seen.sentAnew += 1;
        }
      }
    };
  };
  return startLoops(kind, clients, newClient, () => {
    for (const close of open) close();
  });
}

/** The server has done nothing with it (RFC 9113, section 8.7), or it never left this process. */
function isUnsent(error: unknown): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  if (message.includes("NGHTTP2_REFUSED_STREAM")) return true;
  return code === "ERR_HTTP2_GOAWAY_SESSION" || code === "ERR_HTTP2_INVALID_SESSION";
}

class Http2Connection {
  readonly #ports: readonly number[];
  #at = 0;
  #session: http2.ClientHttp2Session | undefined;

  constructor(ports: readonly number[]) {
    this.#ports = ports;
  }

  /** A session that takes requests, at the next gateway if that of the last does no more. */
  async session(): Promise<http2.ClientHttp2Session> {
    while (this.#session === undefined || this.#session.closed || this.#session.destroyed) {
      if (this.#session !== undefined) this.#at += 1;
      const session = http2.connect(
        `http://127.0.0.1:${this.#ports[this.#at % this.#ports.length]}`,
      );
      session.on("error", () => undefined);
      this.#session = session;
      await once(session, "connect").catch(() => session.destroy());
    }
    return this.#session;
  }

  close(): void {
    this.#session?.close();
  }
}

type AskOnce = () => Promise<number>;

function startLoops(
  kind: string,
  count: number,
  newClient: (seen: Seen) => AskOnce,
  close: () => void,
): Clients {
  const seen: Seen = { kind, answered: 0, sentAnew: 0, failed: new Map() };
  let isStopped = false;
  const fail = (what: string) => seen.failed.set(what, (seen.failed.get(what) ?? 0) + 1);
  const loop = async (ask: AskOnce) => {
    while (!isStopped) {
      try {
        const status = await ask();
        if (status === 200) seen.answered += 1;
        else fail(`status ${status}`);
      } catch (error) {
        fail((error as NodeJS.ErrnoException).code ?? String(error));
      }
      await wait(PAUSE_MS);
    }
  };
  const loops = Array.from({ length: count }, () => loop(newClient(seen)));
  return {
    seen,
    async stop() {
      isStopped = true;
      await Promise.all(loops);
      close();
      return seen;
    },
  };
}
