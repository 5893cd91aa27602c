import type {
  Http2Server,
  IncomingHttpHeaders,
  OutgoingHttpHeaders,
  ServerHttp2Stream,
  ServerOptions,
} from "node:http2";
import type { Server } from "@grpc/grpc-js";
import { detailsOfCode } from "./status.ts";

type StreamListener = (
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  flags: number,
) => void;

const TIMER_MS_MAX = 2 ** 31 - 1;
const TIMEOUT = /^(\d{1,8})([HMSmun])$/;
const UNIT_MS: Readonly<Record<string, number>> = {
  ...{ H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 },
};

/** More than a process can open of its calls, to give them up. */
const RESETS_BURST_MAX = 1_000_000;
const RESETS_PER_S_MAX = 1_000_000;

/**
 * Lets a peer give up as many calls as it likes: Node closes a connection whose peer resets more than 1,000 streams in a burst, or 33
 * in a second after that, and with it every other call of it. That is meant for strangers. The peers of this server are processes, each
 * of which carries the calls of many clients by one connection, and gives up those whose clients have gone or wait no longer; how
 * many these may make is bounded where they are known. grpc-js 1.14 has no setting for it. Call it before the server has its
 * connection injector.
 */
export function permitResets(server: Server): void {
  const { commonServerOptions } = server as unknown as { commonServerOptions: ServerOptions };
  commonServerOptions.streamResetBurst = RESETS_BURST_MAX;
  commonServerOptions.streamResetRate = RESETS_PER_S_MAX;
}

/**
 * Mends two things of grpc-js 1.14 where headers come in and go out, as it offers no place of its own: a `grpc-timeout` beyond
 * 2^31 ms ends a call at once instead of never, and the statuses that grpc-js makes itself, such as those of an unknown method
 * or a message that is too large, come without an ErrorInfo. Call it once the server has its connection injector.
 */
export function mendStreams(server: Server): void {
  const { http2Servers } = server as unknown as { http2Servers: ReadonlyMap<Http2Server, unknown> };
  for (const http2Server of http2Servers.keys()) {
    const served = http2Server.listeners("stream") as StreamListener[];
    http2Server.removeAllListeners("stream");
    http2Server.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, flags) => {
      if (isEndless(headers["grpc-timeout"])) delete headers["grpc-timeout"];
      explainStatuses(stream);
      for (const serve of served) serve(stream, headers, flags);
    });
  }
}

function isEndless(timeout: IncomingHttpHeaders[string]): boolean {
  const [, count, unit = ""] = TIMEOUT.exec(String(timeout)) ?? [];
  return Number(count) * (UNIT_MS[unit] ?? 0) > TIMER_MS_MAX;
}

/** Adds details to each status other than OK that has none. */
function explainStatuses(stream: ServerHttp2Stream): void {
  const { respond, sendTrailers } = stream;
  stream.respond = (headers, options) => respond.call(stream, explained(headers), options);
  stream.sendTrailers = (trailers) => sendTrailers.call(stream, explained(trailers));
}

function explained<H extends OutgoingHttpHeaders | readonly string[] | undefined>(headers: H): H {
  if (headers === undefined || Array.isArray(headers)) return headers;
  const sent = headers as OutgoingHttpHeaders;
  const code = Number(sent["grpc-status"] ?? 0);
  if (code === 0 || sent["grpc-status-details-bin"] !== undefined) return headers;
  const details = detailsOfCode(code, textOf(String(sent["grpc-message"] ?? "")));
  return { ...sent, "grpc-status-details-bin": details.toString("base64") } as unknown as H;
}

function textOf(message: string): string {
  try {
    return decodeURI(message);
  } catch {
    return message;
  }
}
