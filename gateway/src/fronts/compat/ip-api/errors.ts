import { type AppError, type Reason, toPublicError } from "@geomesh/runtime/errors";
import { reasonRow } from "@geomesh/terms/reasons";
import type { Headers } from "../../../http/exchange.ts";
import { errorHeaders } from "../../../http/problem.ts";
import type { LimitHeaders } from "../../../operations/outcome.ts";
import { jsonAnswer } from "../answers.ts";
import type { Answer } from "../facade.ts";
import { leastLeft } from "../standing.ts";

/** The rule that a batch of too many entries breaks. */
export const TOO_MANY = "too_many";

const TOO_MANY_STATUS = 422;
/** Where ip-api's status is another than that of the reason. */
const STATUSES: { readonly [R in Reason]?: number } = { KEY_INVALID: 403 };

/** Writes an error as ip-api writes what it cannot answer. */
export function ipApiError(internal: AppError): Answer {
  const { reason, publicMessage, fields } = toPublicError(internal);
  const headers = errorHeaders(internal);
  const isTooMany = fields.some((field) => field.reason === TOO_MANY);
  const status = STATUSES[reason] ?? reasonRow(reason).httpStatus;
  return jsonAnswer(
    isTooMany ? TOO_MANY_STATUS : status,
    { status: "fail", message: publicMessage },
    { ...headers, ...standingHeaders(headers) },
  );
}

/** Requests that are left, and the seconds until all are available again, by the limit of which the least is left. */
export function standingHeaders(limits: LimitHeaders): Headers {
  const left = leastLeft(limits);
  if (left === undefined) return {};
  return { "x-rl": `${left.remaining}`, "x-ttl": `${left.resetSeconds}` };
}
