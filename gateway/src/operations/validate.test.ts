import { create } from "@bufbuild/protobuf";
import { GeoService } from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { AppError } from "@geomesh/runtime/errors";
import { expect, test, vi } from "vitest";
import { principalForTest } from "./testing/principal.ts";
import { createRequestValidator, type MoreMistakes } from "./validate.ts";

const { input: LOCATION } = GeoService.method.getLocation;
const { plan } = principalForTest();

test("what the rules cannot say is told beside the rules that are broken, each field once", () => {
  const mistake = { field: "ip_address", description: "is odd" };
  const besideOthers = () => [mistake];
  const validate = createRequestValidator([], new Map([[LOCATION, { besideOthers }]]));
  const fieldsOf = (init: { ipAddress: string; language: string }) => {
    try {
      validate(LOCATION, create(LOCATION, init), plan);
    } catch (error) {
      return (error as AppError).fields.map(({ field, description }) => `${field} ${description}`);
    }
    return [];
  };
  const choices = "language must be one of de, en, es, fr, ja, pt-BR, ru, zh-CN";
  expect(fieldsOf({ ipAddress: "x", language: "xx" })).toEqual(["ip_address is odd", choices]);
  expect(fieldsOf({ ipAddress: "", language: "xx" })).toEqual(["ip_address is required", choices]);
  // Alone it is the handler's to find.
  expect(fieldsOf({ ipAddress: "x", language: "de" })).toEqual([]);
});

test("every broken rule of a contract is reported with its field", () => {
  const validate = createRequestValidator([]);
  const { input } = GeoService.method.getLocation;
  const bad = create(input, { ipAddress: "", language: "tlh" });
  expect(() => validate(input, bad, plan)).toThrow(
    expect.objectContaining({
      kind: "invalid_argument",
      fields: [
        expect.objectContaining({ field: "ip_address" }),
        expect.objectContaining({ field: "language" }),
      ],
    }),
  );
});

test("what nobody else finds is told alone and beside others, what the handler finds only beside others", () => {
  const always = vi.fn(() => [{ field: "fields", description: "names nothing" }]);
  const besideOthers = vi.fn(() => [{ field: "ip_address", description: "is odd" }]);
  const fieldsOf = (mistakes: MoreMistakes, init: { ipAddress: string; language: string }) => {
    try {
      const validate = createRequestValidator([], new Map([[LOCATION, mistakes]]));
      validate(LOCATION, create(LOCATION, init), plan);
    } catch (error) {
      return (error as AppError).fields.map(({ field }) => field);
    }
    return [];
  };
  const right = { ipAddress: "x", language: "de" };
  const wrong = { ipAddress: "x", language: "xx" };
  expect(fieldsOf({ always }, right)).toEqual(["fields"]);
  expect(fieldsOf({ always }, wrong)).toEqual(["fields", "language"]);
  expect(fieldsOf({ besideOthers }, right)).toEqual([]);
  expect(besideOthers).not.toHaveBeenCalled();
  expect(fieldsOf({ besideOthers }, wrong)).toEqual(["ip_address", "language"]);
  expect(fieldsOf({ always, besideOthers }, right)).toEqual(["ip_address", "fields"]);
  expect(fieldsOf({ always, besideOthers }, wrong)).toEqual(["ip_address", "fields", "language"]);
  // Of a field that breaks a rule of the contract, that rule is told.
  const empty = { ipAddress: "", language: "de" };
  expect(fieldsOf({ always, besideOthers }, empty)).toEqual(["fields", "ip_address"]);
});

test("the plan is asked about a request that has no mistake", () => {
  const forbidden = new AppError("PLAN_FORBIDDEN");
  const ofPlan = vi.fn(() => {
    throw forbidden;
  });
  const validate = createRequestValidator([], new Map([[LOCATION, { ofPlan }]]));
  const right = create(LOCATION, { ipAddress: "x", language: "de" });
  expect(() => validate(LOCATION, right, plan)).toThrow(forbidden);
  expect(ofPlan.mock.calls).toEqual([[right, plan]]);
  const wrong = create(LOCATION, { ipAddress: "x", language: "xx" });
  expect(() => validate(LOCATION, wrong, plan)).toThrow(/language/);
  expect(ofPlan).toHaveBeenCalledTimes(1);
});
