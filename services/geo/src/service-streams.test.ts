import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GeoService as GeoServiceDesc } from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import {
  GeoServiceService,
  GetLocationRequest,
  StreamLocationsRequest,
  type StreamLocationsResponse,
} from "@geomesh/proto/grpc/geomesh/geo/v1/geo_service";
import { createEsClient, createTsProtoClient } from "@geomesh/runtime/grpc/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { GeoService } from "./service.ts";
import { smallDatasetsIn, startTestGeo } from "./testing/start-test-geo.ts";

let directory: string;
let service: GeoService;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "geo-streams-"));
  service = await startTestGeo(directory, { GEO_DATASETS_DIR: await smallDatasetsIn(directory) });
});
afterAll(async () => {
  await service.close();
  await rm(directory, { recursive: true });
});

const options = () => ({ address: `127.0.0.1:${service.port}`, deadlineMs: 5_000 });
const connect = () => createTsProtoClient(GeoServiceService, options());
const ask = (ipAddress: string, masks: Partial<StreamLocationsRequest> = {}) =>
  StreamLocationsRequest.fromPartial({ ipAddress, ...masks });

test("one value is answered as text over gRPC", async () => {
  const client = createEsClient(GeoServiceDesc, options());
  const { body } = await client.getLocationField({ ipAddress: "1.2.3.4", field: "timezone.name" });
  expect(body?.contentType).toBe("text/plain; charset=utf-8");
  expect(Buffer.from(body?.data ?? []).toString()).toBe("Europe/London\n");
  const refused = client.getLocationField({ ipAddress: "1.2.3.4", field: "timezone" });
  await expect(refused).rejects.toMatchObject({ fields: [{ field: "field" }] });
  client.close();
});

test("masks select over gRPC, and their mistakes are told by field", async () => {
  const client = connect();
  const get = (fields: string[]) =>
    client.getLocation(GetLocationRequest.fromPartial({ ipAddress: "1.2.3.4", fields }));
  const { location } = await get(["city", "names.city"]);
  expect(location).toMatchObject({ city: "London", countryCode: undefined });
  expect(location?.names?.city["fr"]).toBe("Londres");
  await expect(get(["citty"])).rejects.toMatchObject({ fields: [{ field: "fields" }] });
  client.close();
});

test("each address of a stream is answered before the next one is sent, and a half-close ends it", async () => {
  const client = connect();
  const stream = client.streamLocations();
  const ended = new Promise((resolve, reject) => stream.on("end", resolve).on("error", reject));
  const found: unknown[] = [];
  for (const text of ["1.2.3.4", "x", "10.0.0.1"]) {
    const answered = new Promise<StreamLocationsResponse>((resolve) =>
      stream.once("data", resolve),
    );
    stream.write(ask(text, { fields: ["ip_address"] }));
    found.push((await answered).result?.result);
  }
  stream.end();
  await ended;
  expect(found).toMatchObject([
    { $case: "location", value: { ipAddress: "1.2.3.4", city: undefined } },
    { $case: "error", value: { ipAddress: "x" } },
    { $case: "location", value: { ipAddress: "10.0.0.1", specialPurpose: undefined } },
  ]);
  client.close();
});

test("2,000 addresses, more than a window of HTTP/2 holds, that are sent before any answer is read are answered in order", async () => {
  const client = connect();
  const stream = client.streamLocations();
  const addresses = Array.from({ length: 2_000 }, (_, n) => `1.2.${n >> 8}.${n & 255}`);
  for (const text of addresses) stream.write(ask(text));
  stream.end();
  const found: (string | undefined)[] = [];
  for await (const { result } of stream as AsyncIterable<StreamLocationsResponse>) {
    found.push(result?.result?.value.ipAddress);
  }
  expect(found).toEqual(addresses);
  client.close();
}, 30_000);
