import { once } from "node:events";
import http from "node:http";
import http2 from "node:http2";
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

export const http1: Client = async (port, { method = "GET", path, headers = {}, body }) => {
  const request = http.request({ port, host: "127.0.0.1", method, path, headers, agent: false });
  request.end(body);
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  const { statusCode = 0, headers: received } = response;
  const bytes = await buffer(response);
  return { status: statusCode, headers: received, body: bytes.toString(), bytes };
};

export const http2PriorKnowledge: Client = async (port, sent) => {
  const { method = "GET", path, headers = {}, body } = sent;
  const session = http2.connect(`http://127.0.0.1:${port}`);
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
};
