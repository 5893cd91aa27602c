import { invalidArgument } from "@geomesh/runtime/errors";
import { parseQuery } from "../../transcode/query.ts";
import { connectProtocol, type Protocol } from "./protocol.ts";

/** A Connect call by GET. */
export interface QueryCall {
  readonly protocol: Protocol;
  /** Among them `message`, `base64` and `compression`. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** Reads the query of a Connect call by GET. Errors: INVALID_ARGUMENT, TranscodeError. */
export function readQuery(query: string): QueryCall {
  const given = parseQuery(query);
  const parameters = new Map(given);
  if (parameters.size < given.length) {
    throw invalidArgument([{ field: "query", description: "has a parameter more than once" }]);
  }
  const encoding = parameters.get("encoding");
  if (encoding !== "json" && encoding !== "proto") {
    throw invalidArgument([{ field: "encoding", description: "must be json or proto" }]);
  }
  return { protocol: connectProtocol(encoding === "json", false), parameters };
}
