import { ChangeCommitted, RevisionBeat } from "@geomesh/proto/grpc/geomesh/auth/v1/events";
import { grpcEvent } from "@geomesh/runtime/events/event";

/** A change of an account, a plan or a key that was committed. */
export const CHANGE_COMMITTED = grpcEvent("geomesh.auth.v1.ChangeCommitted", ChangeCommitted);

/** The newest revision of the database. */
export const REVISION_BEAT = grpcEvent("geomesh.auth.v1.RevisionBeat", RevisionBeat);

/**
 * The stream that committed changes are published to. Followers subscribe to the events and load the rest by
 * StreamChanges, so the stream is a bounded log for operators, not the source of truth.
 */
export const AUTH_STREAM = {
  name: "AUTH",
  events: [CHANGE_COMMITTED],
  maxAgeMs: 7 * 24 * 60 * 60 * 1000,
  maxBytes: 64 * 1024 * 1024,
};
