import { create, toBinary } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { ErrorInfoSchema } from "@geomesh/proto/es/google/rpc/error_details_pb";
import { StatusSchema } from "@geomesh/proto/es/google/rpc/status_pb";
import { REASONS } from "@geomesh/terms/reasons";
import { Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import { AppError, type Reason } from "../errors.ts";
import { fromServiceError, toStatus } from "./status.ts";

const ALL_REASONS = Object.entries(REASONS);

test.each(ALL_REASONS)(
  "%s has the status code of its kind, and comes back from it",
  (name, row) => {
    const reason = name as Reason;
    const sent = toStatus(new AppError(reason, { message: "why" }));
    expect(status[sent.code]).toBe(row.kind.toUpperCase());
    expect(fromServiceError(sent)).toMatchObject({ kind: row.kind, reason, message: "why" });
  },
);

test("a reason that a newer peer gives becomes the one of its status", () => {
  const detail = errorDetailsOf("SOME_NEW_REASON");
  const sent = { code: status.ALREADY_EXISTS, details: "why", metadata: detail };
  expect(fromServiceError(sent)).toMatchObject({ reason: "ALREADY_EXISTS", message: "why" });
});

function errorDetailsOf(reason: string): Metadata {
  const info = create(ErrorInfoSchema, { reason, domain: "geomesh" });
  const body = create(StatusSchema, { details: [anyPack(ErrorInfoSchema, info)] });
  const metadata = new Metadata();
  metadata.set("grpc-status-details-bin", Buffer.from(toBinary(StatusSchema, body)));
  return metadata;
}

test("fields, retry delay and metadata survive the way", () => {
  const details = {
    fields: [
      { field: "ip_addresses[3]", description: "is no address" },
      { field: "language", description: "is unknown", reason: "string.in" },
    ],
    retryAfterMs: 12_345,
    metadata: { plan: "free" },
  };
  const error = new AppError("QUOTA_EXCEEDED", { message: "used up", ...details });
  expect(fromServiceError(toStatus(error))).toMatchObject(details);
});

test("what is not an AppError is masked", () => {
  const sent = toStatus(new Error("relation keys does not exist"));
  expect(sent).toMatchObject({ code: status.INTERNAL, details: "internal error" });
  expect(
    Buffer.concat(sent.metadata.get("grpc-status-details-bin") as Buffer[]).toString(),
  ).not.toContain("relation");
});

test.each([
  { code: status.UNAVAILABLE, details: "No connection established: connect ECONNREFUSED 10.0.0.7" },
  {
    code: status.INTERNAL,
    details: "Received RST_STREAM with code 2 triggered by internal client error: Session closed",
  },
  { code: status.DEADLINE_EXCEEDED, details: "Deadline exceeded after 2s, remote_addr=10.0.0.7" },
])("a peer's silence ($code) tells nothing of the inside", ({ code, details }) => {
  const failure = fromServiceError({ code, details, metadata: new Metadata() });
  expect(failure).toMatchObject({ kind: "unavailable", reason: "UPSTREAM_UNAVAILABLE" });
  expect(failure.retryAfterMs).toBeGreaterThan(0);
  expect(failure.publicMessage).not.toContain("10.0.0.7");
});

test("a limit that a peer does not explain stays a limit", () => {
  const details = "Received message larger than max (9 vs. 8)";
  const sent = { code: status.RESOURCE_EXHAUSTED, details, metadata: new Metadata() };
  expect(fromServiceError(sent)).toMatchObject({
    kind: "resource_exhausted",
    reason: "RESOURCE_EXHAUSTED",
    publicMessage: "a limit is reached",
  });
});

test("details that cannot be read do not hide the failure", () => {
  const metadata = new Metadata();
  metadata.set("grpc-status-details-bin", Buffer.from([0xff, 0xff]));
  const error: Partial<ServiceError> = { code: status.NOT_FOUND, details: "who?", metadata };
  expect(fromServiceError(error)).toMatchObject({ kind: "internal", cause: error });
});
