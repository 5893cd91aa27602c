import { ChangeCommitted } from "@geomesh/proto/grpc/geomesh/auth/v1/events";
import { grpcEvent } from "@geomesh/runtime/events/event";

/** A hint that auth committed a change. */
export const CHANGE_COMMITTED = grpcEvent("geomesh.auth.v1.ChangeCommitted", ChangeCommitted);
