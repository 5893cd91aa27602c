import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatasetChanged } from "@geomesh/proto/grpc/geomesh/geo/v1/events";
import { GeoServiceService } from "@geomesh/proto/grpc/geomesh/geo/v1/geo_service";
import type { LocationResult } from "@geomesh/proto/grpc/geomesh/geo/v1/location_result";
import { LookupServiceService } from "@geomesh/proto/grpc/geomesh/geo/v1/lookup_service";
import { AppError } from "@geomesh/runtime/errors";
import { connectEvents } from "@geomesh/runtime/events/bus";
import { createTsProtoClient } from "@geomesh/runtime/grpc/client";
import { createLog } from "@geomesh/runtime/log";
import { eventually } from "@geomesh/testing/eventually";
import { startTestNats } from "@geomesh/testing/nats";
import { createTestClock } from "@geomesh/testing/test-clock";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DATASET_CHANGED } from "./publish/dataset-announcer.ts";
import type { GeoOptions, GeoService } from "./service.ts";
import { many, one } from "./testing/requests.ts";
import { smallDatasetsIn, startTestGeo } from "./testing/start-test-geo.ts";

let directory: string;
let service: GeoService;
const log = createLog({ service: "geo", level: "fatal" });

const startWith = (settings: Record<string, string>, options?: GeoOptions) =>
  startTestGeo(directory, settings, options);
const smallDatasets = () => smallDatasetsIn(directory);

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "geo-service-"));
  service = await startWith({});
}, 60_000);

afterAll(async () => {
  await service.close();
  await rm(directory, { recursive: true });
});

function connect(port = service.port) {
  return createTsProtoClient(GeoServiceService, {
    address: `127.0.0.1:${port}`,
    deadlineMs: 5_000,
  });
}

function connectLookups(port = service.port) {
  return createTsProtoClient(LookupServiceService, {
    address: `127.0.0.1:${port}`,
    deadlineMs: 5_000,
  });
}

test("an open stream of frames does not keep geo from stopping", async () => {
  const other = await startWith({ GEO_DATASETS_DIR: await smallDatasets() });
  const client = connectLookups(other.port);
  const stream = client.lookupFrames();
  const ended = new Promise((resolve) => stream.on("end", resolve));
  const answered = new Promise((resolve) => stream.once("data", resolve));
  stream.write({
    frameId: 1,
    ipAddresses: ["1.1.1.1"],
    language: "",
    partsMax: 0,
    withNames: false,
  });
  await answered;
  const start = performance.now();
  await other.close();
  await ended;
  expect(performance.now() - start).toBeLessThan(3_000);
  client.close();
});

test("DatasetChanged is published when NATS becomes available, for a dataset that was loaded before", async () => {
  const nats = await startTestNats();
  await nats.stop();
  const other = await startWith({
    GEO_DATASETS_DIR: await smallDatasets(),
    NATS_URL: nats.urlOf("geo"),
  });
  const bus = await connectEvents({ url: nats.url, name: "test", log });
  const heard: DatasetChanged[] = [];
  bus.subscribe(DATASET_CHANGED, (message) => heard.push(message));
  await nats.start();
  await eventually(() => heard.length > 0, { deadlineMs: 15_000 });
  expect(heard[0]?.dataset).toMatchObject({
    name: "city.mmdb",
    type: "Test-City",
    isServing: true,
  });
  await other.close();
  await bus.close();
  await nats.stop();
}, 30_000);

test.each<[Record<string, string>, RegExp, string]>([
  [
    { GEO_PORT: "70000", GEO_POLL_MS: "1" },
    /GEO_PORT[\s\S]*GEO_POLL_MS/,
    "two invalid settings are reported together",
  ],
  [{ GEO_DATASETS_DIR: "/nowhere" }, /GEO_DATASETS_DIR names \/nowhere/, "a missing directory"],
  [
    { GEO_SECURITY_DIR: "/nope" },
    /GEO_SECURITY_DIR names \/nope, which is not a directory/,
    "lists",
  ],
  [
    { GEO_OVERRIDES_FILE: "/nope" },
    /GEO_OVERRIDES_FILE names \/nope, which is not a file/,
    "overrides",
  ],
  [{ GEO_OVERRIDES_FILE: "/" }, /GEO_OVERRIDES_FILE names \/, which is not a file/, "a directory"],
  [{ GEO_UPDATE_URLS: "x" }, /GEO_UPDATE_URLS/, "an invalid update URL"],
])("%j is refused: %s (%s)", async (settings, message) => {
  await expect(startWith(settings)).rejects.toThrow(message);
});

test("calls are timed by the clock that was handed in", async () => {
  const datasets = await smallDatasets();
  const other = await startWith({ GEO_DATASETS_DIR: datasets }, { clock: createTestClock() });
  const client = connect(other.port);
  await client.getLocation(one("1.2.3.4"));
  client.close();
  const metrics = await (await fetch(`http://127.0.0.1:${other.opsPort}/metrics`)).text();
  await other.close();
  const seconds = /^grpc_server_handling_seconds_sum\{.*GetLocation"\} (.*)$/m.exec(metrics)?.[1];
  // This clock stands still.
  expect(seconds).toBe("0");
});

test("while NATS is unavailable, an address is answered from the default dataset", async () => {
  const client = connect();
  const { location } = await client.getLocation(one("81.2.69.142", "de"));
  expect(location).toMatchObject({
    ipAddress: "81.2.69.142",
    countryCode: "GB",
    continent: "Europa",
    timezone: { name: "Europe/London" },
  });
  client.close();
});

test("an invalid address is refused with the name of its field", async () => {
  const client = connect();
  const refused = client.getLocation(one("081.2.69.142"));
  await expect(refused).rejects.toSatisfy(
    (error: AppError) =>
      error instanceof AppError &&
      error.reason === "INVALID_ARGUMENT" &&
      error.fields[0]?.field === "ip_address",
  );
  client.close();
});

test("an invalid address in a batch affects its own result only", async () => {
  const client = connect();
  const ipAddresses = ["1.2.3", "10.0.0.1", "2001:218::1"];
  const { results } = await client.batchGetLocations(many(ipAddresses));
  expect(results.map(({ result }) => result?.$case)).toEqual(["error", "location", "location"]);
  expect(results[0]?.result?.value).toMatchObject({
    ipAddress: "1.2.3",
    code: "invalid_argument",
  });
  expect(results[1]?.result?.value).toMatchObject({ specialPurpose: "Private-Use" });
  expect(results[2]?.result?.value).toMatchObject({ countryCode: "JP" });
  client.close();
});

test("frames on one stream are answered in order with their ids", async () => {
  const client = connectLookups();
  const stream = client.lookupFrames();
  const answers: { frameId: number; countries: unknown[] }[] = [];
  const ended = new Promise((resolve, reject) => stream.on("end", resolve).on("error", reject));
  stream.on("data", (answer) => {
    answers.push({
      frameId: answer.frameId,
      countries: answer.results.map(({ result }: LocationResult) =>
        result?.$case === "location" ? result.value.countryCode : result,
      ),
    });
  });
  stream.write({
    frameId: 7,
    ipAddresses: ["81.2.69.142", "2001:218::1"],
    language: "",
    partsMax: 0,
    withNames: false,
  });
  stream.write({
    frameId: 4294967295,
    ipAddresses: [],
    language: "ja",
    partsMax: 0,
    withNames: false,
  });
  stream.end();
  await ended;
  expect(answers).toEqual([
    { frameId: 7, countries: ["GB", "JP"] },
    { frameId: 4294967295, countries: [] },
  ]);
  client.close();
});

test("a frame of more than 1,000 addresses ends its stream with invalid_argument", async () => {
  const client = connectLookups();
  const stream = client.lookupFrames();
  const failed = new Promise<{ code?: number }>((resolve) => stream.on("error", resolve));
  stream.on("data", () => undefined);
  stream.write({
    frameId: 1,
    ipAddresses: Array(1001).fill("1.1.1.1"),
    language: "",
    partsMax: 0,
    withNames: false,
  });
  expect(await failed).toMatchObject({ code: 3 });
  client.close();
});

test("metrics have the serving datasets, their doubtful records and the addresses asked for", async () => {
  const text = await (await fetch(`http://127.0.0.1:${service.opsPort}/metrics`)).text();
  expect(text).toMatch(
    /geo_dataset_build_time_seconds\{dataset="GeoLite2-City.mmdb"[^}]*\} 1\.\d+e\+09|geo_dataset_build_time_seconds\{dataset="GeoLite2-City.mmdb"[^}]*\} 1\d{9}/,
  );
  expect(text).toMatch(
    /geo_dataset_contradictory_records\{dataset="GeoLite2-City.mmdb",field="timezone"[^}]*\} \d+/,
  );
  expect(text).toMatch(/geo_addresses_total\{[^}]*\} [1-9]/);
});

test("the datasets of a first run are listed with their licence and everyone whose data they are", async () => {
  const client = connect();
  const { datasets, tzdataVersion } = await client.listDatasets({ pageSize: 0, pageToken: "" });
  expect(tzdataVersion).toMatch(/^20[0-9]{2}[a-z]$/);
  expect(datasets).toContainEqual(
    expect.objectContaining({
      type: "GeoLite2-City",
      isServing: true,
      license: expect.stringContaining("https://www.maxmind.com/en/geolite2/eula"),
      attribution: expect.stringContaining("MaxMind"),
    }),
  );
  const systems = datasets.filter(({ name }) => name.startsWith("asn-"));
  expect(systems.map(({ name }) => name)).toEqual(["asn-ipv4.csv", "asn-ipv6.csv"]);
  for (const { license, attribution } of systems) {
    expect(license).toContain("CC BY 4.0");
    for (const source of ["https://db-ip.com", "Route Views", "NRO"]) {
      expect(attribution).toContain(source);
    }
  }
  client.close();
});
