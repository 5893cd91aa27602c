import { createContextValues } from "@connectrpc/connect";
import {
  createAsyncIterable,
  encodeEnvelope,
  type UniversalHandler,
  type UniversalServerRequest,
  type UniversalServerResponse,
} from "@connectrpc/connect/protocol";
import type { Clock } from "@geomesh/runtime/clock";
import type { Exchange } from "../../http/exchange.ts";
import type { Fail } from "../../http/fail.ts";
import { COMPRESSION_NAMES } from "./compressions.ts";
import { plainTrailer } from "./grpc-trailer.ts";
import { asGrpcWeb } from "./grpc-web.ts";
import type { Protocol } from "./protocol.ts";
import { RPC_CALL, readRpcCall } from "./rpc-call.ts";
import { sendResponse } from "./send-response.ts";

/** What calls are served with. */
export interface ServeDeps {
  readonly clock: Clock;
  readonly fail: Fail;
}

/** Answers a call by a handler of Connect; the query is that of a call by GET. */
export type Serve = (
  exchange: Exchange,
  handler: UniversalHandler,
  protocol: Protocol,
  query: ReadonlyMap<string, string> | undefined,
) => void;

/**
 * Creates the way from an exchange to a handler of Connect and back. The handler is given an empty message: what was sent
 * is read by the implementation, whose errors the handler then puts into the form of the protocol.
 */
export function createServe({ clock, fail }: ServeDeps): Serve {
  return (exchange, handler, protocol, query) => {
    const rpc = readRpcCall(exchange, protocol, query, { clock });
    const contextValues = createContextValues().set(RPC_CALL, rpc);
    const request = emptyRequest(exchange, protocol, query !== undefined);
    handler({ ...request, signal: rpc.call.signal, contextValues })
      .then((response) => sendResponse(exchange, presented(response, protocol)))
      .catch((error: unknown) => fail(exchange, error));
  };
}

const EMPTY_JSON = Buffer.from("{}");
const NOTHING = new Uint8Array();

/** The call with an empty message. Its timeout is left out, as a handler would set a timer by it, however large it is. */
function emptyRequest(
  { request, path }: Exchange,
  { isJson, isEnveloped, handledAs, headers }: Protocol,
  isGet: boolean,
): Omit<UniversalServerRequest, "signal"> {
  const header = new Headers();
  const accepted = request.headers[headers.acceptEncoding];
  if (typeof accepted === "string") header.set(headers.acceptEncoding, accepted);
  const common = { httpVersion: "2.0", header };
  if (isGet) {
    const query = isJson ? "encoding=json&message={}" : "encoding=proto&message=";
    const body = createAsyncIterable([]);
    return { ...common, method: "GET", url: `http://gateway${path}?${query}`, body };
  }
  header.set("content-type", handledAs);
  const message = isJson ? EMPTY_JSON : NOTHING;
  const body = createAsyncIterable([isEnveloped ? encodeEnvelope(0, message) : message]);
  return { ...common, method: "POST", url: `http://gateway${path}`, body };
}

/** The answer in the protocol of its client. */
function presented(response: UniversalServerResponse, protocol: Protocol): UniversalServerResponse {
  const { header = new Headers(), body, trailer } = response;
  header.set(protocol.headers.acceptEncoding, COMPRESSION_NAMES);
  if (trailer === undefined || body === undefined) return { ...response, header };
  const own = { ...response, header, body: whenEnded(body, () => void plainTrailer(trailer)) };
  return protocol.family === "grpc-web" ? asGrpcWeb(own, protocol) : own;
}

async function* whenEnded(
  body: AsyncIterable<Uint8Array>,
  ended: () => void,
): AsyncGenerator<Uint8Array> {
  yield* body;
  ended();
}
