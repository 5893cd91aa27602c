import { invalidArgument } from "@geomesh/runtime/errors";
import type { ProtocolHeaders } from "./protocol.ts";

const GRPC_TIMEOUT = /^(\d{1,8})([HMSmun])$/;
const CONNECT_TIMEOUT = /^\d{1,10}$/;
const UNIT_MS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 0.001,
  n: 0.000_001,
};

/**
 * Milliseconds that a client is willing to wait, by the header of its protocol; undefined where it says nothing. 99,999,999
 * hours are a number like any other here: whoever sets a timer by it must bound it. Errors: INVALID_ARGUMENT.
 */
export function timeoutMsOf(
  text: string | undefined,
  { timeout: field }: ProtocolHeaders,
): number | undefined {
  if (text === undefined) return undefined;
  if (field !== "grpc-timeout") {
    if (CONNECT_TIMEOUT.test(text)) return Number(text);
    throw invalidArgument([{ field, description: "must be 1 to 10 digits, in milliseconds" }]);
  }
  const [, digits, unit = ""] = GRPC_TIMEOUT.exec(text) ?? [];
  const unitMs = UNIT_MS[unit];
  if (digits !== undefined && unitMs !== undefined) return Number(digits) * unitMs;
  throw invalidArgument([
    { field, description: "must be 1 to 8 digits and one of H, M, S, m, u, n" },
  ]);
}
