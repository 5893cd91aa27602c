import { UsageRecorded } from "@geomesh/proto/grpc/geomesh/metering/v1/events";
import { grpcEvent } from "@geomesh/runtime/events/event";

/** A gateway's block of usage records. */
export const USAGE_RECORDED = grpcEvent("geomesh.metering.v1.UsageRecorded", UsageRecorded);
