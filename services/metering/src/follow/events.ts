import { ChangeCommitted, RevisionBeat } from "@geomesh/proto/grpc/geomesh/auth/v1/events";
import { grpcEvent } from "@geomesh/runtime/events/event";

/** A change of an account, a plan or a key that auth committed. */
export const CHANGE_COMMITTED = grpcEvent("geomesh.auth.v1.ChangeCommitted", ChangeCommitted);

/** Auth's newest revision, once a second. */
export const REVISION_BEAT = grpcEvent("geomesh.auth.v1.RevisionBeat", RevisionBeat);
