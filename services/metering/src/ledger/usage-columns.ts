import type { UsageKind } from "@geomesh/proto/grpc/geomesh/metering/v1/events";

/** Records by their kinds: one index into `kinds` for each record, in the order of the records. */
export interface UsageColumns {
  readonly kinds: readonly UsageKind[];
  readonly kindIndexes: readonly number[];
}
