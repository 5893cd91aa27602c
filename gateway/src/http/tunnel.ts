import { AppError } from "@geomesh/runtime/errors";
import type { Headers } from "./exchange.ts";

/** Of the answer to a CONNECT: its target allows no method here. */
export const TUNNEL_HEADERS: Headers = { allow: "" };

/** The refusal of a CONNECT. */
export function tunnelRefused(): AppError {
  return new AppError("METHOD_NOT_ALLOWED", {
    message: "CONNECT is not allowed: this server is not a proxy",
  });
}
