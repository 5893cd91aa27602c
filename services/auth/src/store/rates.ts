import type { Rate } from "@geomesh/proto/grpc/geomesh/common/v1/rate";

const NS_PER_SECOND = 1_000_000_000n;

/** A rate in which nothing is left to a default. */
export type FullRate = Rate & { per: NonNullable<Rate["per"]> };

/** The columns of a rate, whose names a table prefixes, such as `key_rate_requests`. All three or none are null. */
export type RateColumns<P extends string> = Record<`${P}_requests` | `${P}_burst`, number> &
  Record<`${P}_per_ns`, bigint>;

/** The columns of a rate that may be unset. */
export type OptionalRateColumns<P extends string> = {
  [K in keyof RateColumns<P>]: RateColumns<P>[K] | null;
};

/** The rate with its defaults filled in: an interval of 1 s, and a burst of as many as `requests`. */
export function fullRate({ requests, per, burst }: Rate): FullRate {
  return { requests, per: per ?? { seconds: 1n, nanos: 0 }, burst: burst || requests };
}

/** A rate as its table holds it. */
export function rateColumns<P extends string>(prefix: P, rate: Rate): RateColumns<P> {
  const { requests, per, burst } = fullRate(rate);
  const perNs = per.seconds * NS_PER_SECOND + BigInt(per.nanos);
  return {
    [`${prefix}_requests`]: requests,
    [`${prefix}_per_ns`]: perNs,
    [`${prefix}_burst`]: burst,
  } as RateColumns<P>;
}

/** A rate that may be unset, as its table holds it. */
export function optionalRateColumns<P extends string>(
  prefix: P,
  rate: Rate | undefined,
): OptionalRateColumns<P> {
  if (rate !== undefined) return rateColumns(prefix, rate);
  return {
    [`${prefix}_requests`]: null,
    [`${prefix}_per_ns`]: null,
    [`${prefix}_burst`]: null,
  } as OptionalRateColumns<P>;
}

/** The rate of a row; undefined where the row has none. */
export function rateOf<P extends string>(
  prefix: P,
  row: OptionalRateColumns<P>,
): FullRate | undefined {
  const columns: { readonly [name: string]: unknown } = row;
  const requests = columns[`${prefix}_requests`] as number | null;
  const perNs = columns[`${prefix}_per_ns`] as bigint | null;
  const burst = columns[`${prefix}_burst`] as number | null;
  if (requests === null || perNs === null || burst === null) return undefined;
  const per = { seconds: perNs / NS_PER_SECOND, nanos: Number(perNs % NS_PER_SECOND) };
  return { requests, per, burst };
}
