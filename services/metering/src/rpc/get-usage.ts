import type { GetUsageRequest } from "@geomesh/proto/grpc/geomesh/metering/v1/metering_service";
import { periodOf } from "@geomesh/terms/period";
import { type Granularity, readBuckets } from "../ledger/usage-minutes.ts";
import { checkIdentifiers, invalidField } from "./checks.ts";
import type { MeteringDeps, MeteringHandlers } from "./contract.ts";

const BUCKETS_MAX = 1_000;
const BUCKET_MS = { hour: 3_600_000, day: 86_400_000 } satisfies Record<Granularity, number>;

export function getUsage({ db, now }: MeteringDeps): MeteringHandlers["getUsage"] {
  return async (request) => {
    checkIdentifiers({ account_id: request.accountId });
    const granularity: Granularity = request.granularity === "hour" ? "hour" : "day";
    const range = bucketRange(request, BUCKET_MS[granularity], now());
    const buckets = await readBuckets(db, request.accountId, range, granularity);
    return {
      buckets: buckets.map(({ start, requests, units }) => ({ startTime: start, requests, units })),
      totalRequests: buckets.reduce((sum, bucket) => sum + bucket.requests, 0n),
      totalUnits: buckets.reduce((sum, bucket) => sum + bucket.units, 0n),
    };
  };
}

function bucketRange(request: GetUsageRequest, widthMs: number, now: Date) {
  const startMs = timeMs(
    "start_time",
    request.startTime ?? new Date(periodOf(now.getTime()).startMs),
  );
  const endMs = timeMs("end_time", request.endTime ?? now);
  if (startMs >= endMs) throw invalidField("end_time", "must be after start_time");
  const first = Math.floor(startMs / widthMs);
  const last = Math.ceil(endMs / widthMs);
  if (last - first > BUCKETS_MAX) {
    throw invalidField("end_time", `at most ${BUCKETS_MAX} buckets fit in one answer`);
  }
  return { start: new Date(first * widthMs), end: new Date(last * widthMs) };
}

const EARLIEST_MS = Date.parse("0001-01-01T00:00:00Z");
const LATEST_MS = Date.parse("9999-12-31T23:59:59.999Z");

function timeMs(field: string, time: Date): number {
  const ms = time.getTime();
  if (!(ms >= EARLIEST_MS && ms <= LATEST_MS)) {
    throw invalidField(field, "must lie in the years 1 to 9999");
  }
  return ms;
}
