import { type DescMethod, getOption, hasOption } from "@bufbuild/protobuf";
import { AuthService } from "@geomesh/proto/es/geomesh/auth/v1/auth_service_pb";
import { GeoService } from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { MeteringService } from "@geomesh/proto/es/geomesh/metering/v1/metering_service_pb";
import { access } from "@geomesh/proto/es/geomesh/policy/v1/policy_pb";
import { http } from "@geomesh/proto/es/google/api/annotations_pb";
import { REASONS, type Reason, reasonRow } from "@geomesh/terms/reasons";
import { expect, test } from "vitest";
import { readGuide } from "../support/guide.ts";
import { codesIn, tableRows } from "../support/markdown.ts";

const GUIDE = readGuide("docs/api.md");

/** Reasons without a public one instead that REST clients do not see all the same, with why. */
const NOT_ANSWERED: Partial<Record<Reason, string>> = {
  MALFORMED_REQUEST: "the gateway sends well-formed messages",
  IP_ADDRESS_INVALID: "the gateway answers INVALID_ARGUMENT before geo is asked",
  LANGUAGE_UNKNOWN: "the gateway answers INVALID_ARGUMENT before geo is asked",
  CANCELLED: "the client has gone",
  UNAUTHENTICATED: "only a peer of another version gives it",
  PERMISSION_DENIED: "only a peer of another version gives it",
  ALREADY_EXISTS: "only a peer of another version gives it",
  ABORTED: "only a peer of another version gives it",
  FAILED_PRECONDITION: "only a peer of another version gives it",
  RESOURCE_EXHAUSTED: "only a peer of another version gives it",
  UNIMPLEMENTED: "only a peer of another version gives it",
  REVISION_UNKNOWN: "of an internal call",
  FRAME_INVALID: "of an internal call",
  PERIOD_NOT_CURRENT: "of an internal call",
  EPOCH_CLOSED: "of an internal call",
  LEASE_UNKNOWN: "of an internal call",
  LEASE_RELEASED: "of an internal call",
  LEASE_MISMATCH: "of an internal call",
};

test("the API guide lists every public call of the contracts with its scope", () => {
  const documented = tableRows(GUIDE, "Calls").flatMap(([calls = "", scope = ""]) =>
    codesIn(calls).map((call) => `${call} ${codesIn(scope)}`),
  );
  const methods = [GeoService, AuthService, MeteringService].flatMap(({ methods }) => methods);
  expect(documented.toSorted()).toEqual(methods.flatMap(callsOf).toSorted());
});

test("the API guide lists every reason that clients are given, with its HTTP status", () => {
  const documented = tableRows(GUIDE, "Errors").flatMap(([status = "", codes = ""]) =>
    codesIn(codes).map((code) => `${status} ${code}`),
  );
  const answered = (Object.keys(REASONS) as Reason[])
    .filter((reason) => reasonRow(reason).publicReason === undefined && !(reason in NOT_ANSWERED))
    .map((reason) => `${reasonRow(reason).httpStatus} ${reason.toLowerCase()}`);
  expect(documented.toSorted()).toEqual(answered.toSorted());
});

function callsOf(method: DescMethod): string[] {
  if (!hasOption(method, http)) return [];
  const rule = getOption(method, http);
  const { scope } = getOption(method, access);
  return [rule, ...rule.additionalBindings].map(
    ({ pattern }) => `${pattern.case?.toUpperCase()} ${pattern.value} ${scope}`,
  );
}
