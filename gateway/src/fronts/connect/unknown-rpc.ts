import { AppError } from "@geomesh/runtime/errors";
import type { Exchange } from "../../http/exchange.ts";
import { grpcFamilyOf, protocolOf } from "./protocol.ts";
import type { Refuse } from "./refuse.ts";

const RPC_PATH = /^\/(?:\w+\.)+\w+\/\w+$/;
const BY_GET = /(?:^|&)connect=v1(?:&|$)/;

/**
 * Answers a call of an RPC that is not served, whether internal or unknown, in the caller's protocol. False for what is no such call, which other fronts may answer.
 */
export function refuseUnknown(exchange: Exchange, refuse: Refuse): boolean {
  const family = familyOf(exchange);
  if (family === undefined) return false;
  const message = `${exchange.path} is not served`;
  refuse(exchange, family, new AppError("RPC_NOT_SERVED", { message }));
  return true;
}

function familyOf({ method, path, query, request }: Exchange) {
  if (method === "GET") return BY_GET.test(query) && RPC_PATH.test(path) ? "connect" : undefined;
  if (method !== "POST") return undefined;
  const contentType = request.headers["content-type"] ?? "";
  const family = grpcFamilyOf(contentType);
  // A POST of JSON is a call of Connect only where its path looks like one.
  if (family !== undefined || !RPC_PATH.test(path)) return family;
  return protocolOf(contentType) && "connect";
}
