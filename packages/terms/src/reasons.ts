import { type DescEnumValue, getOption } from "@bufbuild/protobuf";
import { Reason as Enum, ReasonSchema } from "@geomesh/proto/es/geomesh/common/v1/reason_pb";
import { reason as policyOf } from "@geomesh/proto/es/geomesh/policy/v1/policy_pb";
import { CodeSchema } from "@geomesh/proto/es/google/rpc/code_pb";

/** What went wrong, by the names of gRPC's status codes. */
export type ErrorKind =
  | "invalid_argument"
  | "unauthenticated"
  | "permission_denied"
  | "not_found"
  | "already_exists"
  | "aborted"
  | "failed_precondition"
  | "resource_exhausted"
  | "unavailable"
  | "deadline_exceeded"
  | "cancelled"
  | "unimplemented"
  | "internal";

/** A reason of the error catalogue, which is the enum `geomesh.common.v1.Reason` of the contracts. */
export type Reason = Exclude<keyof typeof Enum, "REASON_UNSPECIFIED">;

/** One row of the error catalogue. */
export interface ReasonRow {
  /** Also the gRPC status: `not_found` is NOT_FOUND. */
  readonly kind: ErrorKind;
  readonly httpStatus: number;
  /** The default message of an error with this reason. */
  readonly sentence: string;
  /** What clients of the gateway see: another one where the reason reveals internals, such as which service failed. */
  readonly publicReason: Reason;
}

/** The HTTP status of each kind, by the table of google.rpc.Code. */
export const HTTP_STATUS: Readonly<Record<ErrorKind, number>> = {
  invalid_argument: 400,
  failed_precondition: 400,
  unauthenticated: 401,
  permission_denied: 403,
  not_found: 404,
  already_exists: 409,
  aborted: 409,
  resource_exhausted: 429,
  cancelled: 499,
  internal: 500,
  unimplemented: 501,
  unavailable: 503,
  deadline_exceeded: 504,
};

/** The error catalogue, as the contracts state it. */
export const REASONS: Readonly<Record<Reason, ReasonRow>> = Object.fromEntries(
  ReasonSchema.values
    .filter(({ number }) => number !== Enum.REASON_UNSPECIFIED)
    .map((value) => [value.name, rowOf(value)]),
) as Record<Reason, ReasonRow>;

function rowOf(value: DescEnumValue): ReasonRow {
  const { code, httpStatus, sentence, publicReason } = getOption(value, policyOf);
  const kind = CodeSchema.value[code]?.name.toLowerCase() ?? "";
  if (!isKind(kind)) throw new Error(`${value.name} states no gRPC status of an error`);
  const shown = publicReason === "" ? value.name : publicReason;
  if (!isReason(shown)) throw new Error(`${value.name} has a public reason that is none`);
  return { kind, httpStatus: httpStatus || HTTP_STATUS[kind], sentence, publicReason: shown };
}

function isKind(text: string): text is ErrorKind {
  return Object.hasOwn(HTTP_STATUS, text);
}

/** The row of a reason. */
export function reasonRow(reason: Reason): ReasonRow {
  return REASONS[reason];
}

/** True for a name of the catalogue: a peer of another version may give another. */
export function isReason(text: string): text is Reason {
  return Object.hasOwn(Enum, text) && text !== "REASON_UNSPECIFIED";
}

/** The reason for a kind where nothing more specific is known. */
export function reasonOfKind(kind: ErrorKind): Reason {
  const reason = kind.toUpperCase();
  return isReason(reason) ? reason : "INTERNAL";
}

/** The reason that clients of the gateway see for this one. */
export function publicReason(reason: Reason): Reason {
  return REASONS[reason].publicReason;
}
