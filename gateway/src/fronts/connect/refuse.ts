import { errorToJsonBytes } from "@connectrpc/connect/protocol-connect";
import { setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import { reasonRow } from "@geomesh/terms/reasons";
import { type Exchange, reply } from "../../http/exchange.ts";
import { errorHeaders } from "../../http/problem.ts";
import type { Failures } from "../../telemetry/failures.ts";
import { COMPRESSION_NAMES } from "./compressions.ts";
import type { ToConnectError } from "./connect-error.ts";
import { noteFailure } from "./fail-rpc.ts";
import { plainTrailer } from "./grpc-trailer.ts";
import { mediaTypeOf, type Protocol, protocolOf } from "./protocol.ts";
import { commonHeaders, sendTrailersOnly } from "./send-response.ts";

/** Answers a call by an error where no handler of Connect does. */
export type Refuse = (exchange: Exchange, family: Protocol["family"], error: unknown) => void;

/**
 * Creates a function that refuses calls in their protocol: for gRPC and gRPC-Web under 200 with the status in the headers,
 * for Connect by its JSON under the status of the error. The content type is the caller's own, as some clients take no other.
 */
export function createRefuse(failures: Failures, toError: ToConnectError): Refuse {
  return (exchange, family, cause) => {
    const known = noteFailure(failures, exchange, cause);
    const error = toError(known);
    if (family === "connect") {
      const headers = {
        ...errorHeaders(known),
        ...{ "cache-control": "private", "content-type": "application/json" },
      };
      const { httpStatus } = reasonRow(known.reason);
      reply(exchange, httpStatus, headers, errorToJsonBytes(error, undefined));
      return;
    }
    const contentType = exchange.request.headers["content-type"] ?? "";
    const isKnown = protocolOf(contentType)?.family === family;
    const headers = {
      "content-type": isKnown ? mediaTypeOf(contentType) : `application/${family}`,
      "grpc-accept-encoding": COMPRESSION_NAMES,
      ...Object.fromEntries(plainTrailer(setTrailerStatus(new Headers(), error))),
    };
    sendTrailersOnly(exchange, 200, commonHeaders(exchange, headers));
  };
}
