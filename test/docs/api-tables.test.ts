import { REASONS, type Reason, reasonRow } from "@geomesh/terms/reasons";
import { TEST_ADDRESSES } from "@geomesh/terms/test-addresses";
import { expect, test } from "vitest";
import { readGuide } from "../support/guide.ts";
import { codesIn, tableRows } from "../support/markdown.ts";
import {
  allMethods,
  isPublic,
  type PublicRpc,
  SCOPES,
  scopeName,
  toPublicRpc,
} from "../support/walk/policy.ts";

const GUIDE = readGuide("docs/api.md");

/** Reasons without a public one instead that REST clients do not see all the same, with why. */
const NOT_ANSWERED: Partial<Record<Reason, string>> = {
  CANCELLED: "the client has gone",
  UNAUTHENTICATED: "only a peer of another version gives it",
  PERMISSION_DENIED: "only a peer of another version gives it",
  ALREADY_EXISTS: "only a peer of another version gives it",
  ABORTED: "only a peer of another version gives it",
  FAILED_PRECONDITION: "only a peer of another version gives it",
  RESOURCE_EXHAUSTED: "only a peer of another version gives it",
  UNIMPLEMENTED: "only a peer of another version gives it",
};

test("the API guide lists every public call of the contracts with its scope", () => {
  const documented = tableRows(GUIDE, "Calls").flatMap(([calls = "", scope = ""]) =>
    codesIn(calls).map((call) => `${call} ${codesIn(scope)}`),
  );
  const rpcs = allMethods().filter(isPublic).map(toPublicRpc);
  expect(documented.toSorted()).toEqual(rpcs.flatMap(callsOf).toSorted());
});

test("the API guide lists every scope of the contracts", () => {
  const documented = tableRows(GUIDE, "Credentials").flatMap(([scope = ""]) => codesIn(scope));
  expect(documented.toSorted()).toEqual(SCOPES.map(scopeName).toSorted());
});

test("the API guide lists every reason that clients are given, with its HTTP status", () => {
  const documented = tableRows(GUIDE, "Errors").flatMap(([status = "", codes = ""]) =>
    codesIn(codes).map((code) => `${status} ${code}`),
  );
  const answered = (Object.keys(REASONS) as Reason[])
    .filter((reason) => reasonRow(reason).publicReason === reason && !(reason in NOT_ANSWERED))
    .map((reason) => `${reasonRow(reason).httpStatus} ${reason.toLowerCase()}`);
  expect(documented.toSorted()).toEqual(answered.toSorted());
});

test("the API guide lists every test address with what it is good for, the one of `me` first", () => {
  const documented = tableRows(GUIDE, "Test keys").map(([address = "", why]) => [
    codesIn(address),
    why,
  ]);
  expect(documented).toEqual(TEST_ADDRESSES.map(({ address, why }) => [[address], why]));
});

function callsOf({ rule, access: { scope } }: PublicRpc): string[] {
  return [rule, ...rule.additionalBindings].map(
    ({ pattern }) => `${pattern.case?.toUpperCase()} ${pattern.value} ${scopeName(scope)}`,
  );
}
