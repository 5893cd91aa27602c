import { create, type Message, type MessageInitShape } from "@bufbuild/protobuf";
import { type Any, anyPack } from "@bufbuild/protobuf/wkt";
import { SYSTEM_CLOCK } from "@geomesh/runtime/clock";
import type { RpcCall } from "./gateway-end.ts";
import {
  type ConformancePayload_RequestInfo,
  ConformancePayload_RequestInfoSchema,
  ConformanceService,
  type HeaderSchema,
} from "./gen/connectrpc/conformance/v1/service_pb.ts";

type HeaderInit = MessageInitShape<typeof HeaderSchema>;

/** Types of the requests, by their names. */
const REQUESTS = new Map(ConformanceService.methods.map(({ input }) => [input.typeName, input]));

/** A request as it is echoed. */
export function packed(request: Message): Any {
  const desc = REQUESTS.get(request.$typeName);
  if (desc === undefined) throw new Error(`${request.$typeName} is no request`);
  return anyPack(desc, request);
}

/** What the server saw of a call, with the requests that it is to echo. */
export function requestInfo(
  { exchange, call, query }: RpcCall,
  requests: readonly Any[],
): ConformancePayload_RequestInfo {
  const { deadlineMs } = call;
  const leftMs = deadlineMs && Math.ceil(deadlineMs - SYSTEM_CLOCK.monotonicMs());
  const params = query && [...query].map(([name, value]) => ({ name, value: [value] }));
  return create(ConformancePayload_RequestInfoSchema, {
    requests: [...requests],
    requestHeaders: headersOf(exchange.request.rawHeaders),
    ...(leftMs !== undefined && { timeoutMs: BigInt(leftMs) }),
    ...(params && { connectGetInfo: { queryParams: params } }),
  });
}

function headersOf(raw: readonly string[]): HeaderInit[] {
  const byName = new Map<string, string[]>();
  for (let at = 0; at < raw.length; at += 2) {
    const [name = "", value = ""] = raw.slice(at, at + 2);
    if (name.startsWith(":")) continue;
    const values = byName.get(name.toLowerCase()) ?? [];
    byName.set(name.toLowerCase(), [...values, value]);
  }
  return [...byName].map(([name, value]) => ({ name, value }));
}
