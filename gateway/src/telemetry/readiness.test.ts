import type { ReadinessProblem } from "@geomesh/runtime/telemetry/ops-server";
import { expect, test } from "vitest";
import { publicOperations, SERVICES } from "../operations/catalog.ts";
import { createReadiness } from "./readiness.ts";

const GEO = "geomesh.geo.v1.GeoService";
const AUTH = "geomesh.auth.v1.AuthService";
const METERING = "geomesh.metering.v1.MeteringService";

function readinessOf() {
  const forAll: ReadinessProblem[] = [];
  const forMetered: ReadinessProblem[] = [];
  const readiness = createReadiness({
    operations: publicOperations(SERVICES),
    forAll: [() => forAll],
    forMetered: [() => forMetered],
  });
  const serving = () => ["", GEO, AUTH, METERING].map((name) => readiness.isServing(name));
  return { readiness, forAll, forMetered, serving };
}

test("a gateway that has what it needs is ready, and so is each service", () => {
  const { readiness, serving } = readinessOf();
  expect([readiness.problems(), serving()]).toEqual([[], [true, true, true, true]]);
});

test("what concerns every call concerns the health of every service", () => {
  const { readiness, forAll, serving } = readinessOf();
  forAll.push({ reason: "keys_stale", message: "API keys are old" });
  expect(readiness.problems()).toEqual(forAll);
  expect(serving()).toEqual([false, false, false, false]);
});

test("what concerns metered calls leaves the health of services without any as it is", () => {
  const { readiness, forMetered, serving } = readinessOf();
  forMetered.push({ reason: "geo_unavailable", message: "geo does not answer" });
  expect(readiness.problems()).toEqual(forMetered);
  expect(serving()).toEqual([false, false, true, true]);
});

test("a gateway that leaves is not ready for anything", () => {
  const { readiness, serving } = readinessOf();
  readiness.leave();
  expect(readiness.problems()).toMatchObject([{ reason: "leaving" }]);
  expect(serving()).toEqual([false, false, false, false]);
});
