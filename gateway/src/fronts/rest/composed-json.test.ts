import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import {
  BatchGetLocationsRequestSchema,
  BatchGetLocationsResponseSchema,
  GetLocationRequestSchema,
  GetLocationResponseSchema,
} from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { type Location, LocationSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_pb";
import {
  type LocationError,
  LocationErrorSchema,
  type LocationResultSchema,
} from "@geomesh/proto/es/geomesh/geo/v1/location_result_pb";
import fc from "fast-check";
import { beforeEach, expect, test } from "vitest";
import { FakeGeo, turns } from "../../lookups/testing/fake-geo.ts";
import { lookupsForTest } from "../../lookups/testing/lookups.ts";
import { publicOperations, SERVICES } from "../../operations/catalog.ts";
import { TestAsker } from "../../operations/testing/asker.ts";
import { principalForTest } from "../../operations/testing/principal.ts";
import { batchGetLocations } from "../../rpc/batch-get-locations.ts";
import { getLocation } from "../../rpc/get-location.ts";
import { RequestMeters } from "../../telemetry/request-meters.ts";
import { messagesOf } from "../../transcode/testing/messages.ts";
import { createRoutes } from "./routes.ts";

type Result = MessageInitShape<typeof LocationResultSchema>;

const principal = principalForTest();
const routes = createRoutes(
  { operations: publicOperations(SERVICES), streams: [] },
  new RequestMeters(),
);

/** What the rule makes of the members that are not there, which the default selection leaves out. */
const NO_NAMES = ',"names":{"city":{},"region":{},"subregion":{},"country":{},"continent":{}}';
const NO_FACTS = ',"country_facts":{"capital":null,"calling_codes":[],"languages":[]}';

/** What the contract's own rule makes of a response. */
function written(method: string, path: string, response: Uint8Array): string {
  const found = routes.match(method, path);
  if (found === undefined || !("target" in found) || !("write" in found.target))
    throw new Error(`nothing answers ${path}`);
  return found.target.write(response).replaceAll(NO_NAMES, "").replaceAll(NO_FACTS, "");
}

/** Names and facts of the country come only where they are asked for. */
const locations = (messagesOf(LocationSchema) as fc.Arbitrary<Location>).map(
  ({ names: _names, countryFacts: _facts, ...location }) => create(LocationSchema, location),
);
const errors = messagesOf(LocationErrorSchema) as fc.Arbitrary<LocationError>;
const located = locations.map((value): Result => ({ result: { case: "location", value } }));
const results = fc.oneof(
  located,
  errors.map((value): Result => ({ result: { case: "error", value } })),
);

/** What geo answers, by the address that asks for it. */
let answers: readonly Result[];
let lookups: ReturnType<typeof lookupsForTest>;
let geo: FakeGeo;
beforeEach(() => {
  geo = new FakeGeo();
  geo.isHolding = true;
  geo.answerOf = (number) => answers[Number(number)] ?? {};
  lookups = lookupsForTest({ open: geo.open });
});

/** The answer to a request for all answers of geo, in the form. */
async function answered(kind: "one" | "batch", form: "json" | "message") {
  const asker = new TestAsker(form);
  const ipAddresses = answers.map((_, number) => `${number}`);
  const admission = lookups.admission(principal, ipAddresses);
  if (kind === "batch") {
    const request = create(BatchGetLocationsRequestSchema, { ipAddresses });
    batchGetLocations(lookups.lookups)(request, admission, asker);
  } else {
    const request = create(GetLocationRequestSchema, { ipAddress: ipAddresses[0] ?? "" });
    getLocation(lookups.lookups)(request, admission, asker);
  }
  await turns(1);
  // The last frame first, so that answers come in another order than their addresses.
  while (geo.underWay.length > 0) geo.answer(geo.underWay.at(-1));
  return (await asker.outcome).body;
}

/** The JSON of an answer, with one character a byte. */
async function jsonOf(kind: "one" | "batch"): Promise<string> {
  const body = await answered(kind, "json");
  if (body.form !== "json") throw new Error("the answer is not JSON");
  return Buffer.from(body.json as string, "latin1").toString("latin1");
}

test("the JSON of a location is what the contract's rule makes of the response", async () => {
  await fc.assert(
    fc.asyncProperty(locations, async (location) => {
      answers = [{ result: { case: "location", value: location } }];
      const response = create(GetLocationResponseSchema, { location });
      const bytes = toBinary(GetLocationResponseSchema, response);
      const text = written("GET", "/v1/locations/192.0.2.1", bytes);
      expect(await jsonOf("one")).toBe(`${text}\n`);
      const message = await answered("one", "message");
      const given = "bytes" in message ? message.bytes : new Uint8Array();
      expect(fromBinary(GetLocationResponseSchema, given)).toEqual(response);
    }),
  );
});

test.each([
  ["few", 0, 6],
  ["more than a frame holds", 250, 600],
])(
  "the JSON of a batch is what the contract's rule makes of the response: %s",
  async (_size, minLength, maxLength) => {
    const batches = fc.array(results, { minLength, maxLength });
    await fc.assert(
      fc.asyncProperty(batches, async (batch) => {
        answers = batch;
        const response = create(BatchGetLocationsResponseSchema, { results: [...batch] });
        const bytes = toBinary(BatchGetLocationsResponseSchema, response);
        const text = written("POST", "/v1/locations:batchGet", bytes);
        expect(await jsonOf("batch")).toBe(`${text}\n`);
        const message = await answered("batch", "message");
        const given = "bytes" in message ? message.bytes : new Uint8Array();
        expect(fromBinary(BatchGetLocationsResponseSchema, given)).toEqual(response);
      }),
      { numRuns: minLength === 0 ? 100 : 5 },
    );
  },
);
