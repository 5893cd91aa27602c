import { createRegistry, type DescMessage, type Message } from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { type Code, ConnectError } from "@connectrpc/connect";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RetryInfoSchema,
} from "@geomesh/proto/es/google/rpc/error_details_pb";
import { type AppError, toPublicError } from "@geomesh/runtime/errors";
import { errorDetails, toStatus } from "@geomesh/runtime/grpc/status";
import { errorHeaders } from "../../http/problem.ts";

const DETAILS = createRegistry(ErrorInfoSchema, BadRequestSchema, RetryInfoSchema);

/** Puts an error into the form in which clients see it. */
export type ToConnectError = (error: AppError) => ConnectError;

/**
 * An error as Connect, gRPC and gRPC-Web clients see it: its public reason in ErrorInfo, beside the other details of
 * google.rpc. Connect's codes are gRPC's own. Its metadata are the fields that a REST client gets; gRPC has them in trailers.
 */
export function toConnectError(internal: AppError): ConnectError {
  const error = toPublicError(internal);
  const code: Code = toStatus(error).code as number;
  const details = errorDetails(error).flatMap((any) => {
    const value = anyUnpack(any, DETAILS);
    return value === undefined ? [] : [outgoing(value)];
  });
  // A client's text may be quoted, and no protocol can carry half of a surrogate pair.
  const message = error.publicMessage.toWellFormed();
  return new ConnectError(message, code, errorHeaders(internal), details);
}

function outgoing(value: Message): { desc: DescMessage; value: Message } {
  return { desc: DETAILS.getMessage(value.$typeName) as DescMessage, value };
}
