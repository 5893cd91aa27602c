import { ChangeCommitted, RevisionBeat } from "@geomesh/proto/grpc/geomesh/auth/v1/events";
import { grpcEvent } from "@geomesh/runtime/events/event";

export const CHANGE_COMMITTED = grpcEvent("geomesh.auth.v1.ChangeCommitted", ChangeCommitted);
export const REVISION_BEAT = grpcEvent("geomesh.auth.v1.RevisionBeat", RevisionBeat);

/**
 * Where committed changes are published. Followers hear them live and load the rest by StreamChanges, so the
 * stream is a bounded log to look at, not the source of truth.
 */
export const AUTH_STREAM = {
  name: "AUTH",
  events: [CHANGE_COMMITTED],
  maxAgeMs: 7 * 24 * 60 * 60 * 1000,
  maxBytes: 64 * 1024 * 1024,
};
