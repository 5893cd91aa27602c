import { create } from "@bufbuild/protobuf";
import { KeyMode } from "@geomesh/proto/es/geomesh/common/v1/key_mode_pb";
import { GetLocationRequestSchema } from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { TEST_ADDRESSES } from "@geomesh/terms/test-addresses";
import { expect, test } from "vitest";
import { FakeGeo } from "../lookups/testing/fake-geo.ts";
import { lookupsForTest } from "../lookups/testing/lookups.ts";
import { TestAsker } from "../operations/testing/asker.ts";
import { principalForTest } from "../operations/testing/principal.ts";
import { getLocation } from "./get-location.ts";

/** Asks for an address with a key of the mode; answers what geo was asked for. */
async function askedOfGeo(mode: KeyMode, ipAddress: string): Promise<string[]> {
  const geo = new FakeGeo();
  const { lookups, admission } = lookupsForTest({ open: geo.open });
  const principal = principalForTest({ key: { mode } });
  const asker = new TestAsker();
  const request = create(GetLocationRequestSchema, { ipAddress });
  getLocation(lookups)(request, admission(principal, [ipAddress]), asker);
  await asker.outcome;
  return geo.frames.flatMap(({ ipAddresses }) => ipAddresses);
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
