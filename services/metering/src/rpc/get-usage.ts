import type { GetUsageRequest } from "@geomesh/proto/grpc/geomesh/metering/v1/metering_service";
import { periodOf } from "@geomesh/terms/period";
import { type Granularity, readBuckets } from "../ledger/usage-minutes.ts";
import { checkIdentifiers, invalidField } from "./checks.ts";
import type { MeteringDeps, MeteringHandlers } from "./contract.ts";

const BUCKETS_MAX = 1_000;
const BUCKET_MS = { hour: 3_600_000, day: 86_400_000 } satisfies Record<Granularity, number>;
const EARLIEST_MS = Date.parse("0001-01-01T00:00:00Z");
const LATEST_MS = Date.parse("9999-12-31T23:59:59.999Z");

/** Answers the usage of an account in buckets of UTC time, at most 1,000 of them. */
export function getUsage({ db, clock }: MeteringDeps): MeteringHandlers["getUsage"] {
  return async (request) => {
    checkIdentifiers({ account_id: request.accountId });
    const granularity: Granularity = request.granularity === "hour" ? "hour" : "day";
    const range = bucketRange(request, BUCKET_MS[granularity], clock.wallMs());
    const buckets = await readBuckets(db, request.accountId, range, granularity);
    return {
      buckets: buckets.map(({ start, requests, units }) => ({ startTime: start, requests, units })),
      totalRequests: buckets.reduce((sum, bucket) => sum + bucket.requests, 0n),
      totalUnits: buckets.reduce((sum, bucket) => sum + bucket.units, 0n),
    };
  };
}

function bucketRange({ startTime, endTime }: GetUsageRequest, widthMs: number, wallMs: number) {
  const startMs = timeMs("start_time", startTime?.getTime() ?? periodOf(wallMs).startMs);
  const endMs = timeMs("end_time", endTime?.getTime() ?? wallMs);
  if (startMs >= endMs) throw invalidField("end_time", "must be after start_time");
  const first = Math.floor(startMs / widthMs);
  const last = Math.ceil(endMs / widthMs);
  if (last - first > BUCKETS_MAX) {
    throw invalidField("end_time", `the range exceeds ${BUCKETS_MAX} buckets`);
  }
  return { start: new Date(first * widthMs), end: new Date(last * widthMs) };
}

function timeMs(field: string, ms: number): number {
  if (ms >= EARLIEST_MS && ms <= LATEST_MS) return ms;
  throw invalidField(field, "must be in the years 0001 to 9999");
}
