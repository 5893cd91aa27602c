import { Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import { AppError, type ErrorKind } from "../errors.ts";
import { fromServiceError, toStatus } from "./status.ts";

const KINDS: readonly ErrorKind[] = [
  "invalid_argument",
  "unauthenticated",
  "permission_denied",
  "not_found",
  "already_exists",
  "aborted",
  "failed_precondition",
  "resource_exhausted",
  "unavailable",
  "deadline_exceeded",
  "cancelled",
  "unimplemented",
  "internal",
];

test.each(KINDS)("%s has the status code of its name, and comes back from it", (kind) => {
  const error = new AppError(kind, "SOME_REASON", "why");
  const sent = toStatus(error);
  expect(status[sent.code]).toBe(kind.toUpperCase());
  expect(fromServiceError(sent)).toMatchObject({ kind, reason: "SOME_REASON", message: "why" });
});

test("fields, retry delay and metadata survive the way", () => {
  const details = {
    fields: [
      { field: "ip_addresses[3]", description: "is no address" },
      { field: "language", description: "is unknown", reason: "string.in" },
    ],
    retryAfterMs: 12_345,
    metadata: { plan: "free" },
  };
  const error = new AppError("resource_exhausted", "QUOTA", "used up", details);
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
  { code: status.DEADLINE_EXCEEDED, details: "Deadline exceeded after 2s, remote_addr=10.0.0.7" },
])("a peer's silence ($code) tells nothing of the inside", ({ code, details }) => {
  const failure = fromServiceError({ code, details, metadata: new Metadata() });
  expect(failure).toMatchObject({ kind: "unavailable", reason: "UPSTREAM_UNAVAILABLE" });
  expect(failure.retryAfterMs).toBeGreaterThan(0);
  expect(failure.publicMessage).not.toContain("10.0.0.7");
});

test("details that cannot be read do not hide the failure", () => {
  const metadata = new Metadata();
  metadata.set("grpc-status-details-bin", Buffer.from([0xff, 0xff]));
  const error: Partial<ServiceError> = { code: status.NOT_FOUND, details: "who?", metadata };
  expect(fromServiceError(error)).toMatchObject({ kind: "internal", cause: error });
});
