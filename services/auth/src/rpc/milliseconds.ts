import type { Duration } from "@geomesh/proto/grpc/google/protobuf/duration";

/** A length of time in milliseconds, rounded up; 0 where it is unset. */
export function milliseconds(duration: Duration | undefined): number {
  if (duration === undefined) return 0;
  return Number(duration.seconds) * 1_000 + Math.ceil(duration.nanos / 1_000_000);
}
