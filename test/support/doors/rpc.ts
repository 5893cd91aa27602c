import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { ConnectError, createClient, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import {
  GeoService,
  GetLocationRequestSchema,
  GetLocationResponseSchema,
} from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { ErrorInfoSchema } from "@geomesh/proto/es/google/rpc/error_details_pb";
import { Client, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";
import {
  type Answer,
  type Door,
  errorAnswer,
  locationAnswer,
  messageAnswer,
  resultAnswer,
} from "./answer.ts";
import { type DoorCalls, type DoorDeps, mapSome } from "./rest.ts";

const GET_LOCATION = "/geomesh.geo.v1.GeoService/GetLocation";
const ERROR_INFO = "google.rpc.ErrorInfo";

function connectAnswer(body: string): Answer {
  const json = JSON.parse(body);
  if (json.code === undefined) return locationAnswer(json.location);
  const detail = json.details.find(({ type }: { type: string }) => type === ERROR_INFO);
  const { reason } = fromBinary(ErrorInfoSchema, Buffer.from(detail.value, "base64"));
  return errorAnswer(reason, json.message);
}

const maskOf = (paths: readonly string[] | undefined) =>
  paths === undefined ? undefined : { paths: [...paths] };

/** Connect, JSON by POST. */
export const connectJsonDoor = (calls: DoorCalls, { language, fields }: DoorDeps): Door => {
  return (addresses) =>
    mapSome(addresses, async (ipAddress) => {
      const body = JSON.stringify({ ip_address: ipAddress, language, fields: fields?.join() });
      return connectAnswer((await calls.send(GET_LOCATION, { body })).text);
    });
};

/** Connect, JSON by GET. */
export const connectGetDoor = (calls: DoorCalls, { language, fields }: DoorDeps): Door => {
  return (addresses) =>
    mapSome(addresses, async (ipAddress) => {
      const message = JSON.stringify({ ip_address: ipAddress, fields: fields?.join() });
      const query = new URLSearchParams({ connect: "v1", encoding: "json", message });
      const headers = { "accept-language": language };
      return connectAnswer((await calls.send(`${GET_LOCATION}?${query}`, { headers })).text);
    });
};

/** A generated client. */
function clientDoor({ key, language, fields }: DoorDeps, transport: Transport): Door {
  const asked = { language, fields: maskOf(fields) };
  const client = createClient(GeoService, transport);
  const headers = { "x-api-key": key };
  return (addresses) =>
    mapSome(addresses, async (ipAddress) => {
      try {
        const { location } = await client.getLocation({ ipAddress, ...asked }, { headers });
        if (location === undefined) throw new Error(`no location for ${ipAddress}`);
        return messageAnswer(location);
      } catch (error) {
        if (!(error instanceof ConnectError)) throw error;
        const [info] = error.findDetails(ErrorInfoSchema);
        return errorAnswer(`${info?.reason}`, error.rawMessage);
      }
    });
}

/** Connect, binary. */
export const connectDoor = (deps: DoorDeps): Door =>
  clientDoor(deps, createConnectTransport({ baseUrl: deps.baseUrl, httpVersion: "1.1" }));

/** gRPC-Web. */
export const grpcWebDoor = (deps: DoorDeps): Door =>
  clientDoor(deps, createGrpcWebTransport({ baseUrl: deps.baseUrl, httpVersion: "1.1" }));

/** gRPC by another library than the gateway's. */
export const grpcDoor = ({ baseUrl, key, language, fields: paths }: DoorDeps): Door => {
  const fields = maskOf(paths);
  return async (addresses) => {
    const client = new Client(new URL(baseUrl).host, credentials.createInsecure());
    const metadata = new Metadata();
    metadata.set("x-api-key", key);
    const ask = (ipAddress: string) => {
      const { promise, resolve } = Promise.withResolvers<Answer>();
      client.makeUnaryRequest(
        GET_LOCATION,
        (address: string) => {
          const asked = { ipAddress: address, language, fields };
          const request = create(GetLocationRequestSchema, asked);
          return Buffer.from(toBinary(GetLocationRequestSchema, request));
        },
        (bytes) => fromBinary(GetLocationResponseSchema, bytes),
        ipAddress,
        metadata,
        (error, response) => resolve(error === null ? located(response) : failed(error)),
      );
      return promise;
    };
    try {
      return await mapSome(addresses, ask);
    } finally {
      client.close();
    }
  };
};

function located(
  response: ReturnType<typeof fromBinary<typeof GetLocationResponseSchema>> | undefined,
): Answer {
  return response?.location === undefined
    ? { error: "no location" }
    : messageAnswer(response.location);
}

/** The reason is in the details, which grpc-js leaves as bytes; its name is the only text in capitals there. */
function failed({ metadata, details }: ServiceError): Answer {
  const [status] = metadata.get("grpc-status-details-bin");
  const reason = /[A-Z]+(?:_[A-Z]+)+/.exec(Buffer.from(status ?? "").toString("latin1"))?.[0];
  return errorAnswer(`${reason}`, details);
}

/** gRPC, a stream in both directions. */
export const grpcStreamDoor = ({ baseUrl, key, language, fields }: DoorDeps): Door => {
  const client = createClient(GeoService, createGrpcTransport({ baseUrl }));
  return async (addresses) => {
    async function* requests() {
      for (const [at, ipAddress] of addresses.entries()) {
        yield at === 0 ? { ipAddress, language, fields: maskOf(fields) } : { ipAddress };
      }
    }
    const answers: Answer[] = [];
    const stream = client.streamLocations(requests(), { headers: { "x-api-key": key } });
    for await (const { result } of stream) answers.push(resultAnswer(result));
    return answers;
  };
};
