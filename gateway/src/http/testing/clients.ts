import { once } from "node:events";
import http from "node:http";
import http2 from "node:http2";
import https from "node:https";
import { buffer } from "node:stream/consumers";

export interface Sent {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Received {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
  /** The body as it was sent. */
  readonly bytes: Buffer;
}

/** Sends one request over a new connection. */
export type Client = (port: number, sent: Sent) => Promise<Received>;

export const http1: Client = (port, sent) =>
  answerOf(http.request({ ...hostOf(port, sent), agent: false }), sent);

export const http2PriorKnowledge: Client = (port, sent) =>
  answerOfSession(http2.connect(`http://127.0.0.1:${port}`), sent);

/** The clients over TLS, which trust an authority. */
export function overTls(ca: string): { http1: Client; http2: Client } {
  return {
    http1: (port, sent) =>
      answerOf(https.request({ ...hostOf(port, sent), ca, agent: false }), sent),
    http2: (port, sent) =>
      answerOfSession(http2.connect(`https://127.0.0.1:${port}`, { ca }), sent),
  };
}

const hostOf = (port: number, { method = "GET", path, headers = {} }: Sent) => ({
  ...{ port, host: "127.0.0.1", method, path, headers },
});

async function answerOf(request: http.ClientRequest, { body }: Sent): Promise<Received> {
  request.end(body);
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  const { statusCode = 0, headers: received } = response;
  const bytes = await buffer(response);
  return { status: statusCode, headers: received, body: bytes.toString(), bytes };
}

async function answerOfSession(session: http2.ClientHttp2Session, sent: Sent): Promise<Received> {
  const { method = "GET", path, headers = {}, body } = sent;
  // What is wrong with the session its stream tells too.
  session.on("error", () => undefined);
  try {
    const stream = session.request({ ":method": method, ":path": path, ...headers });
    stream.end(body);
    const [received] = (await once(stream, "response")) as [http2.IncomingHttpHeaders];
    const bytes = await buffer(stream);
    return {
      status: Number(received[":status"]),
      headers: received,
      body: bytes.toString(),
      bytes,
    };
  } finally {
    session.close();
  }
}
