import { create } from "@bufbuild/protobuf";
import { GeoService } from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { expect, test } from "vitest";
import { createRequestValidator } from "./validate.ts";

test("every broken rule of a contract is reported with its field", () => {
  const validate = createRequestValidator([]);
  const { input } = GeoService.method.getLocation;
  const bad = create(input, { ipAddress: "", language: "tlh" });
  expect(() => validate(input, bad)).toThrow(
    expect.objectContaining({
      kind: "invalid_argument",
      fields: [
        expect.objectContaining({ field: "ip_address" }),
        expect.objectContaining({ field: "language" }),
      ],
    }),
  );
});
