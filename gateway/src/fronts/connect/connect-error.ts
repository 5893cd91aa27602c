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

const DETAILS = createRegistry(ErrorInfoSchema, BadRequestSchema, RetryInfoSchema);

/**
 * An error as Connect, gRPC and gRPC-Web clients see it: its public reason in ErrorInfo, beside the other details of
 * google.rpc. Connect's codes are gRPC's own.
 */
export function toConnectError(internal: AppError): ConnectError {
  const error = toPublicError(internal);
  const code: Code = toStatus(error).code as number;
  const details = errorDetails(error).flatMap((any) => {
    const value = anyUnpack(any, DETAILS);
    return value === undefined ? [] : [outgoing(value)];
  });
  // A client's text may be quoted, and no protocol can carry half of a surrogate pair.
  return new ConnectError(error.publicMessage.toWellFormed(), code, undefined, details);
}

function outgoing(value: Message): { desc: DescMessage; value: Message } {
  return { desc: DETAILS.getMessage(value.$typeName) as DescMessage, value };
}
