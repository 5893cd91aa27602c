import { create, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import { type Any, anyPack, anyUnpack } from "@bufbuild/protobuf/wkt";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RetryInfoSchema,
} from "@geomesh/proto/es/google/rpc/error_details_pb";
import { StatusSchema } from "@geomesh/proto/es/google/rpc/status_pb";
import { isReason, reasonOfKind } from "@geomesh/terms/reasons";
import { Metadata, type ServiceError, type StatusObject, status } from "@grpc/grpc-js";
import { AppError, type ErrorKind, type FieldProblem, type Reason, toAppError } from "../errors.ts";

const DOMAIN = "geomesh";
const DETAILS_HEADER = "grpc-status-details-bin";
const RETRY_AFTER_MS = 1_000;
/** How grpc-js tells that a connection broke off: one that resets more than 1,000 calls in a burst is closed by its server. */
const RESET = "Received RST_STREAM";

const CODES: Readonly<Record<ErrorKind, status>> = {
  cancelled: status.CANCELLED,
  invalid_argument: status.INVALID_ARGUMENT,
  deadline_exceeded: status.DEADLINE_EXCEEDED,
  not_found: status.NOT_FOUND,
  already_exists: status.ALREADY_EXISTS,
  permission_denied: status.PERMISSION_DENIED,
  resource_exhausted: status.RESOURCE_EXHAUSTED,
  failed_precondition: status.FAILED_PRECONDITION,
  aborted: status.ABORTED,
  unimplemented: status.UNIMPLEMENTED,
  internal: status.INTERNAL,
  unavailable: status.UNAVAILABLE,
  unauthenticated: status.UNAUTHENTICATED,
};
const KINDS = new Map(Object.entries(CODES).map(([kind, code]) => [code, kind as ErrorKind]));

/** A peer of another version may give a reason that has no row here; its status then decides the kind. */
function knownReason(reason: string, code: status): Reason {
  return isReason(reason) ? reason : reasonOfCode(code);
}

function reasonOfCode(code: status): Reason {
  return reasonOfKind(KINDS.get(code) ?? "internal");
}

/** The details of google.rpc.Status for an error: ErrorInfo always, BadRequest and RetryInfo where they apply. */
export function errorDetails(error: AppError): Any[] {
  const { reason, metadata, fields, retryAfterMs } = error;
  const info = create(ErrorInfoSchema, { reason, domain: DOMAIN, metadata: { ...metadata } });
  const details = [anyPack(ErrorInfoSchema, info)];
  if (fields.length > 0) {
    const fieldViolations = fields.map(({ field, description, reason = "" }) => ({
      field,
      description,
      reason,
    }));
    details.push(anyPack(BadRequestSchema, create(BadRequestSchema, { fieldViolations })));
  }
  if (retryAfterMs !== undefined) {
    const ms = Math.ceil(retryAfterMs);
    const retryDelay = { seconds: BigInt(Math.floor(ms / 1000)), nanos: (ms % 1000) * 1e6 };
    details.push(anyPack(RetryInfoSchema, create(RetryInfoSchema, { retryDelay })));
  }
  return details;
}

/** Any error as a gRPC status; what is not an AppError is masked as INTERNAL. */
export function toStatus(error: unknown): StatusObject {
  const known = toAppError(error);
  const code = CODES[known.kind];
  const message = known.publicMessage;
  const metadata = new Metadata();
  metadata.set(DETAILS_HEADER, encodeDetails(code, known));
  return { code, details: message, metadata };
}

/** The value of `grpc-status-details-bin` for a status that only has a code and a message. */
export function detailsOfCode(code: status, message: string): Buffer {
  return encodeDetails(code, new AppError(reasonOfCode(code), { message }));
}

function encodeDetails(code: status, error: AppError): Buffer {
  const message = error.publicMessage;
  const body = create(StatusSchema, { code, message, details: errorDetails(error) });
  return Buffer.from(toBinary(StatusSchema, body));
}

/**
 * The error of a failed call. An AppError of the peer comes back as it was; a dead or slow peer becomes UPSTREAM_UNAVAILABLE,
 * whose message reveals nothing of the inside. Of what has no ErrorInfo, a limit stays a limit.
 */
export function fromServiceError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const { code, metadata, details } = error as Partial<ServiceError>;
  if (code === undefined) return toAppError(error);
  const known = detailsOf(metadata);
  if (known.info !== undefined) {
    const reason = knownReason(known.info.reason, code);
    return new AppError(reason, {
      message: details ?? "",
      ...known,
      metadata: known.info.metadata,
      cause: error,
    });
  }
  if (code === status.CANCELLED || code === status.RESOURCE_EXHAUSTED) {
    return new AppError(reasonOfCode(code), { cause: error });
  }
  const isBroken = code === status.INTERNAL && details?.startsWith(RESET) === true;
  if (isBroken || code === status.UNAVAILABLE || code === status.DEADLINE_EXCEEDED) {
    return upstreamUnavailable(error);
  }
  return toAppError(error);
}

/** The error for a peer that is dead or slow, or that broke off the call. */
export function upstreamUnavailable(cause: unknown): AppError {
  return new AppError("UPSTREAM_UNAVAILABLE", { retryAfterMs: RETRY_AFTER_MS, cause });
}

interface KnownDetails {
  readonly info?: { reason: string; metadata: Record<string, string> };
  readonly fields?: FieldProblem[];
  readonly retryAfterMs?: number;
}

function detailsOf(metadata: Metadata | undefined): KnownDetails {
  const [bytes] = metadata?.get(DETAILS_HEADER) ?? [];
  if (!Buffer.isBuffer(bytes)) return {};
  try {
    return knownDetails(fromBinary(StatusSchema, bytes).details);
  } catch {
    // A foreign peer may put anything there; then only the code counts.
    return {};
  }
}

function knownDetails(details: readonly Any[]): KnownDetails {
  const find = <T extends Message>(unpack: (any: Any) => T | undefined) =>
    details.map(unpack).find((detail) => detail !== undefined);
  const info = find((any) => anyUnpack(any, ErrorInfoSchema));
  const bad = find((any) => anyUnpack(any, BadRequestSchema));
  const delay = find((any) => anyUnpack(any, RetryInfoSchema))?.retryDelay;
  return {
    ...(info?.domain === DOMAIN && { info }),
    ...(bad && { fields: bad.fieldViolations.map(toFieldProblem) }),
    ...(delay && { retryAfterMs: Number(delay.seconds) * 1000 + delay.nanos / 1e6 }),
  };
}

function toFieldProblem({ field, description, reason }: FieldProblem): FieldProblem {
  return reason === "" ? { field, description } : { field, description, reason };
}
