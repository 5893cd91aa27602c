import { ChangeCommitted, RevisionBeat } from "@geomesh/proto/grpc/geomesh/auth/v1/events";
import { UsageRecorded } from "@geomesh/proto/grpc/geomesh/metering/v1/events";
import { grpcEvent } from "@geomesh/runtime/events/event";

export const USAGE_RECORDED = grpcEvent("geomesh.metering.v1.UsageRecorded", UsageRecorded);
export const CHANGE_COMMITTED = grpcEvent("geomesh.auth.v1.ChangeCommitted", ChangeCommitted);
export const REVISION_BEAT = grpcEvent("geomesh.auth.v1.RevisionBeat", RevisionBeat);

/** The stream that gateways publish usage to; metering makes it. */
export const USAGE_STREAM_NAME = "USAGE";
