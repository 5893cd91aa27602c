import { KeyMode } from "@geomesh/proto/grpc/geomesh/common/v1/key_mode";
import type {
  QueryInstallationUsageRequest,
  QueryInstallationUsageResponse,
} from "@geomesh/proto/grpc/geomesh/metering/v1/metering_service";
import {
  Dimension,
  Granularity,
  type UsageRow as UsageRowMessage,
} from "@geomesh/proto/grpc/geomesh/metering/v1/usage";
import { periodOf } from "@geomesh/terms/period";
import { readUsage, type UsagePage } from "../ledger/usage-query.ts";
import type { IntervalUnit, WantedRange } from "../ledger/usage-range.ts";
import type { UsageDimension, UsageRow } from "../ledger/usage-rows.ts";
import { invalidField } from "./checks.ts";
import type { MeteringDeps } from "./contract.ts";
import { decodePageToken, digestOf, encodePageToken } from "./usage-page-token.ts";

const INTERVALS_MAX = 100_000;
const PAGE_SIZE_MAX = 1_000;
const EARLIEST_MS = Date.parse("1970-01-01T00:00:00Z");
const LATEST_MS = Date.parse("9999-01-01T00:00:00Z");
/** Names only: an offset such as `+05:30` has the opposite sign in PostgreSQL. */
const TIME_ZONE_PATTERN = /^[A-Za-z]/;

const UNITS: Readonly<Record<Granularity, IntervalUnit>> = {
  [Granularity.GRANULARITY_UNSPECIFIED]: "day",
  [Granularity.MINUTE]: "minute",
  [Granularity.HOUR]: "hour",
  [Granularity.DAY]: "day",
  [Granularity.MONTH]: "month",
};

const DIMENSIONS: Readonly<Record<number, UsageDimension>> = {
  [Dimension.ACCOUNT]: "account_id",
  [Dimension.KEY]: "key_id",
  [Dimension.OPERATION]: "operation",
  [Dimension.STATUS]: "status",
  [Dimension.MODE]: "mode",
};

const MODES: Readonly<Record<string, KeyMode>> = { LIVE: KeyMode.LIVE, TEST: KeyMode.TEST };

/** A question about usage. */
interface UsageQuestion extends QueryInstallationUsageRequest {
  /** Undefined for all accounts. */
  readonly accountId: string | undefined;
}

/**
 * Answers a page of the usage of an account, or of all where none is given, 1,000 rows where the question names no size.
 * Errors: INVALID_ARGUMENT for a range that is empty or has over 100,000 intervals, and for an unknown time zone;
 * PAGE_TOKEN_INVALID for a token of another question.
 */
export async function answerUsage(
  { db, clock }: MeteringDeps,
  request: QueryInstallationUsageRequest,
  accountId: string | undefined,
): Promise<QueryInstallationUsageResponse> {
  const question = { ...request, accountId };
  const wallMs = clock.wallMs();
  const timeZone = question.timeZone || "UTC";
  if (!isTimeZone(timeZone)) throw unknownTimeZone();
  const digest = digestOfQuestion(question);
  const { range, after } = whereToBegin(question, digest, wallMs);
  const page = await readUsage(
    db,
    {
      accountId,
      dimensions: dimensionsOf(question),
      includeEmpty: question.includeEmpty,
      range,
      timeZone,
      after,
      pageSize: Math.min(question.pageSize || PAGE_SIZE_MAX, PAGE_SIZE_MAX),
      wallMs,
    },
    { intervalsMax: INTERVALS_MAX },
  );
  if (page === "unknown-time-zone") throw unknownTimeZone();
  if (page === "too-many-intervals") {
    throw invalidField("end_time", `must be at most ${INTERVALS_MAX} intervals after start_time`);
  }
  return toResponse(page, digest, range);
}

function whereToBegin(question: UsageQuestion, digest: string, wallMs: number) {
  const unit = UNITS[question.granularity];
  if (question.pageToken === "") return { range: rangeOf(question, wallMs), after: undefined };
  const { startMs, endMs, after } = decodePageToken(digest, question.pageToken);
  return { range: checkedRange({ unit, startMs, endMs }), after };
}

function rangeOf({ startTime, endTime, granularity }: UsageQuestion, wallMs: number): WantedRange {
  const startMs = startTime?.getTime() ?? periodOf(wallMs).startMs;
  const endMs = endTime?.getTime() ?? wallMs + 1;
  return checkedRange({ unit: UNITS[granularity], startMs, endMs });
}

function checkedRange(range: WantedRange): WantedRange {
  checkTime("start_time", range.startMs);
  checkTime("end_time", range.endMs);
  if (range.startMs >= range.endMs) throw invalidField("end_time", "must be after start_time");
  return range;
}

function checkTime(field: string, ms: number): void {
  const isSound = ms >= EARLIEST_MS && ms <= LATEST_MS;
  if (!isSound) throw invalidField(field, "must be in the years 1970 to 9998");
}

function dimensionsOf({ groupBy }: UsageQuestion): ReadonlySet<UsageDimension> {
  return new Set(groupBy.flatMap((dimension) => DIMENSIONS[dimension] ?? []));
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }) && TIME_ZONE_PATTERN.test(name);
  } catch {
    return false;
  }
}

function unknownTimeZone() {
  return invalidField("time_zone", "must be an IANA time zone such as Europe/London");
}

/** Everything that must be the same on the next page. */
function digestOfQuestion(question: UsageQuestion): string {
  const { accountId, startTime, endTime, granularity, timeZone, includeEmpty } = question;
  const groupBy = question.groupBy.toSorted();
  return digestOf([accountId, startTime, endTime, granularity, groupBy, timeZone, includeEmpty]);
}

function toResponse(
  page: UsagePage,
  digest: string,
  { startMs, endMs }: WantedRange,
): QueryInstallationUsageResponse {
  const after = page.rows.at(-1);
  const isLast = after === undefined || !page.hasMore;
  return {
    rows: page.rows.map(toMessage),
    nextPageToken: isLast ? "" : encodePageToken(digest, { startMs, endMs, after }),
    totals: page.totals,
    completeThroughTime: page.completeThrough,
    isFinal: page.isFinal,
  };
}

function toMessage({
  accountId,
  keyId,
  operation,
  status,
  mode,
  ...row
}: UsageRow): UsageRowMessage {
  const { startTime, endTime, requests, units, overageUnits } = row;
  return {
    startTime,
    endTime,
    accountId: accountId || undefined,
    keyId: keyId || undefined,
    operation: operation || undefined,
    status: status || undefined,
    mode: MODES[mode],
    requests,
    units,
    overageUnits,
  };
}
