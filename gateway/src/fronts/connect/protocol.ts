/** How a request speaks, by its content type, or as a Connect call by GET. */
export interface Protocol {
  readonly family: "connect" | "grpc" | "grpc-web";
  readonly isJson: boolean;
  /** True where flags and a length stand before each message. */
  readonly isEnveloped: boolean;
  /** True for grpc-web-text, whose bodies are in base64. */
  readonly isText: boolean;
  /** The content type under which Connect's handlers answer it. */
  readonly handledAs: string;
  readonly headers: ProtocolHeaders;
}

/** Names of headers that differ by protocol. */
export interface ProtocolHeaders {
  readonly timeout: string;
  /** Names the compression of the request. */
  readonly encoding: string;
  /** Names the compressions that the other side understands. */
  readonly acceptEncoding: string;
}

const GRPC: ProtocolHeaders = {
  timeout: "grpc-timeout",
  encoding: "grpc-encoding",
  acceptEncoding: "grpc-accept-encoding",
};
const CONNECT: ProtocolHeaders = {
  timeout: "connect-timeout-ms",
  encoding: "content-encoding",
  acceptEncoding: "accept-encoding",
};
const CONNECT_STREAM: ProtocolHeaders = {
  timeout: "connect-timeout-ms",
  encoding: "connect-content-encoding",
  acceptEncoding: "connect-accept-encoding",
};

/** Type and subtype; parameters such as a charset change nothing, as JSON is UTF-8. */
const CONTENT_TYPE =
  /^application\/(?:(connect\+)?(proto|json)|grpc(-web(-text)?)?(?:\+(proto|json))?) *(?:;|$)/;
const GRPC_FAMILY = /^application\/grpc(-web)?(?![a-z0-9])/;

/** What is asked for by a 415, as `Accept-Post`. */
export const CONTENT_TYPES = [
  ...["application/json", "application/proto", "application/connect+json"],
  ...["application/connect+proto", "application/grpc", "application/grpc+json"],
  ...["application/grpc-web", "application/grpc-web+json", "application/grpc-web-text"],
].join(", ");

/** The protocol of a content type; undefined for any other. */
export function protocolOf(contentType: string): Protocol | undefined {
  const [whole, stream, kind, web, text, subtype = "proto"] =
    CONTENT_TYPE.exec(contentType.toLowerCase()) ?? [];
  if (whole === undefined) return undefined;
  if (kind !== undefined) return connectProtocol(kind === "json", stream !== undefined);
  return {
    family: web === undefined ? "grpc" : "grpc-web",
    isJson: subtype === "json",
    isEnveloped: true,
    isText: text !== undefined,
    handledAs: `application/grpc+${subtype}`,
    headers: GRPC,
  };
}

/** A content type without its parameters. */
export function mediaTypeOf(contentType: string): string {
  const [mediaType = ""] = contentType.toLowerCase().split(";", 1);
  return mediaType.trim();
}

/** The protocol of Connect, for a call with one message or for a stream. */
export function connectProtocol(isJson: boolean, isStream: boolean): Protocol {
  return {
    family: "connect",
    isJson,
    isEnveloped: isStream,
    isText: false,
    handledAs: `application/${isStream ? "connect+" : ""}${isJson ? "json" : "proto"}`,
    headers: isStream ? CONNECT_STREAM : CONNECT,
  };
}

/** Whether a content type is one of gRPC or gRPC-Web, known or not: then its sender understands no other answer. */
export function grpcFamilyOf(contentType: string): "grpc" | "grpc-web" | undefined {
  const [whole, web] = GRPC_FAMILY.exec(contentType.toLowerCase()) ?? [];
  if (whole === undefined) return undefined;
  return web === undefined ? "grpc" : "grpc-web";
}
