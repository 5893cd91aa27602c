import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  GeoServiceService,
  type LocationResult,
} from "@geomesh/proto/grpc/geomesh/geo/v1/geo_service";
import { AppError } from "@geomesh/runtime/errors";
import { createTypedClient } from "@geomesh/runtime/grpc/client";
import { createLog } from "@geomesh/runtime/log";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readConfig } from "./config.ts";
import { type GeoService, start } from "./service.ts";

const nobodyListens = "nats://127.0.0.1:1";
let directory: string;
let service: GeoService;
const log = createLog({ service: "geo", level: "fatal" });

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "geo-service-"));
  const config = readConfig({
    GEO_PORT: "0",
    GEO_OPS_PORT: "0",
    GEO_DATA_DIR: directory,
    NATS_URL: nobodyListens,
  });
  service = await start(config, log);
}, 30_000);

afterAll(async () => {
  await service.close();
  await rm(directory, { recursive: true });
});

function connect() {
  return createTypedClient(GeoServiceService, {
    address: `127.0.0.1:${service.port}`,
    deadlineMs: 5_000,
  });
}

test("with the event log away an address is answered from the default dataset", async () => {
  const client = connect();
  const { location } = await client.getLocation({ ipAddress: "81.2.69.142", language: "de" });
  expect(location).toMatchObject({
    ipAddress: "81.2.69.142",
    countryCode: "GB",
    continent: "Europa",
    timezone: { name: "Europe/London" },
  });
  client.close();
});

test("a bad address is refused with the field that holds it", async () => {
  const client = connect();
  const refused = client.getLocation({ ipAddress: "081.2.69.142", language: "" });
  await expect(refused).rejects.toSatisfy(
    (error: AppError) =>
      error instanceof AppError &&
      error.kind === "invalid_argument" &&
      error.fields[0]?.field === "ip_address",
  );
  client.close();
});

test("a bad address in a batch spoils its own entry only", async () => {
  const client = connect();
  const ipAddresses = ["1.2.3", "10.0.0.1", "2001:218::1"];
  const { results } = await client.batchGetLocations({ ipAddresses, language: "" });
  expect(results.map(({ result }) => result?.$case)).toEqual(["error", "location", "location"]);
  expect(results[0]?.result?.value).toMatchObject({ ipAddress: "1.2.3", code: "invalid_argument" });
  expect(results[1]?.result?.value).toMatchObject({ specialPurpose: "Private-Use" });
  expect(results[2]?.result?.value).toMatchObject({ countryCode: "JP" });
  client.close();
});

test("frames on one stream are answered in order with their ids", async () => {
  const client = connect();
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
  stream.write({ frameId: 7, ipAddresses: ["81.2.69.142", "2001:218::1"], language: "" });
  stream.write({ frameId: 4294967295, ipAddresses: [], language: "ja" });
  stream.end();
  await ended;
  expect(answers).toEqual([
    { frameId: 7, countries: ["GB", "JP"] },
    { frameId: 4294967295, countries: [] },
  ]);
  client.close();
});

test("a frame of more than 1,000 addresses ends its stream with invalid_argument", async () => {
  const client = connect();
  const stream = client.lookupFrames();
  const failed = new Promise<{ code?: number }>((resolve) => stream.on("error", resolve));
  stream.on("data", () => undefined);
  stream.write({ frameId: 1, ipAddresses: Array(1001).fill("1.1.1.1"), language: "" });
  expect(await failed).toMatchObject({ code: 3 });
  client.close();
});

test("the dataset in force is listed with its age and what is owed for it", async () => {
  const client = connect();
  const { datasets } = await client.listDatasets({});
  expect(datasets).toContainEqual(
    expect.objectContaining({
      type: "GeoLite2-City",
      isServing: true,
      attribution: expect.stringContaining("MaxMind"),
    }),
  );
  client.close();
});
