import { create, toBinary } from "@bufbuild/protobuf";
import { AccountSchema, KeySchema, PlanSchema } from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import { KeyMode } from "@geomesh/proto/es/geomesh/common/v1/key_mode_pb";
import { GetLocationRequestSchema } from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { LocationResultSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_result_pb";
import { TEST_ADDRESSES } from "@geomesh/terms/test-addresses";
import { expect, test } from "vitest";
import { getLocation } from "./get-location.ts";
import { createLocatorOf } from "./locator-of.ts";

/** Asks for an address with a key of the mode; answers what geo was asked for. */
async function askedOfGeo(mode: KeyMode, ipAddress: string): Promise<string[]> {
  const asked: string[] = [];
  const locatorOf = createLocatorOf({
    async locate(ipAddresses) {
      asked.push(...ipAddresses);
      const result = create(LocationResultSchema, { result: { case: "location", value: {} } });
      return ipAddresses.map(() => Buffer.from(toBinary(LocationResultSchema, result)));
    },
    close: () => undefined,
  });
  const principal = {
    key: create(KeySchema, { mode }),
    account: create(AccountSchema),
    plan: create(PlanSchema),
  };
  const { signal } = new AbortController();
  const call = { credential: "", clientAddress: "192.0.2.1", requestId: "1", signal };
  const request = create(GetLocationRequestSchema, { ipAddress });
  await getLocation(locatorOf)(request, { principal, call });
  return asked;
}

test("`me` is the caller's address, and for a test key the first test address", async () => {
  expect(await askedOfGeo(KeyMode.LIVE, "me")).toEqual(["192.0.2.1"]);
  expect(await askedOfGeo(KeyMode.TEST, "me")).toEqual([TEST_ADDRESSES[0].address]);
});

test("a live key asks for any address, and a test key for a test address only", async () => {
  expect(await askedOfGeo(KeyMode.LIVE, "81.2.69.143")).toEqual(["81.2.69.143"]);
  expect(await askedOfGeo(KeyMode.TEST, "10.0.0.1")).toEqual(["10.0.0.1"]);
  await expect(askedOfGeo(KeyMode.TEST, "81.2.69.143")).rejects.toMatchObject({
    reason: "TEST_ADDRESS_REQUIRED",
  });
});
