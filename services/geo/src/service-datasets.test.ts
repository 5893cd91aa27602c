import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  Health,
  HealthCheckResponse_ServingStatus,
} from "@geomesh/proto/es/grpc/health/v1/health_pb";
import { GeoServiceService } from "@geomesh/proto/grpc/geomesh/geo/v1/geo_service";
import { createEsClient, createTsProtoClient } from "@geomesh/runtime/grpc/client";
import { eventually } from "@geomesh/testing/eventually";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { GeoOptions } from "./service.ts";
import { mmdb } from "./testing/mmdb-values.ts";
import { writeMmdb } from "./testing/mmdb-writer.ts";
import { RECORDS } from "./testing/records.ts";
import { many, one } from "./testing/requests.ts";
import { smallDatasetsIn, startTestGeo } from "./testing/start-test-geo.ts";

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "geo-datasets-"));
});
afterAll(() => rm(directory, { recursive: true }));

const startWith = (settings: Record<string, string>, options?: GeoOptions) =>
  startTestGeo(directory, settings, options);
const smallDatasets = () => smallDatasetsIn(directory);

function connect(port: number) {
  return createTsProtoClient(GeoServiceService, {
    address: `127.0.0.1:${port}`,
    deadlineMs: 5_000,
  });
}

test("without a dataset health is NOT_SERVING and calls are refused, until there is one", async () => {
  const datasets = await mkdtemp(join(directory, "empty-"));
  const other = await startWith({ GEO_DATASETS_DIR: datasets, GEO_POLL_MS: "50" });
  const health = createEsClient(Health, {
    address: `127.0.0.1:${other.port}`,
    deadlineMs: 5_000,
  });
  const status = async () => (await health.check({ service: "geomesh.geo.v1.GeoService" })).status;
  const readyz = async () => (await fetch(`http://127.0.0.1:${other.opsPort}/readyz`)).status;
  const client = connect(other.port);
  expect([await status(), await readyz()]).toEqual([
    HealthCheckResponse_ServingStatus.NOT_SERVING,
    503,
  ]);
  const refused = client.getLocation(one("1.1.1.1"));
  await expect(refused).rejects.toMatchObject({ kind: "unavailable" });
  await writeFile(join(datasets, "city.mmdb"), writeMmdb({ "1.0.0.0/8": RECORDS.city }));
  await eventually(async () => (await status()) === HealthCheckResponse_ServingStatus.SERVING);
  expect(await readyz()).toBe(200);
  const { location } = await client.getLocation(one("1.1.1.1"));
  expect(location?.city).toBe("London");
  client.close();
  health.close();
  await other.close();
});

test("when the City file is removed, readiness, health, metric and list say so, and lookups are refused", async () => {
  const datasets = await smallDatasets();
  await writeFile(join(datasets, "asn.csv"), "1.0.0.0,1.255.255.255,6450,Example\n");
  const other = await startWith({ GEO_DATASETS_DIR: datasets, GEO_POLL_MS: "50" });
  const address = `127.0.0.1:${other.port}`;
  const health = createEsClient(Health, { address, deadlineMs: 5_000 });
  const client = connect(other.port);
  const ops = (path: string) => fetch(`http://127.0.0.1:${other.opsPort}${path}`);
  expect((await ops("/readyz")).status).toBe(200);
  await rm(join(datasets, "city.mmdb"));
  await eventually(async () => (await ops("/readyz")).status === 503);
  expect(await (await ops("/readyz")).json()).toMatchObject({
    problems: [{ message: "no dataset can serve places any more: city.mmdb: it was removed" }],
  });
  await eventually(async () => {
    const { status } = await health.check({ service: "geomesh.geo.v1.GeoService" });
    return status === HealthCheckResponse_ServingStatus.NOT_SERVING;
  });
  const metrics = await (await ops("/metrics")).text();
  expect(metrics).toMatch(/^geo_dataset_refused\{dataset="city.mmdb"[^}]*\} 1$/m);
  const refused = client.getLocation(one("1.1.1.1"));
  await expect(refused).rejects.toMatchObject({ kind: "unavailable" });
  client.close();
  health.close();
  await other.close();
});

test("a record with impossible numbers is answered without them, and so is its whole batch", async () => {
  const datasets = await mkdtemp(join(directory, "odd-"));
  const odd = writeMmdb({
    "1.0.0.0/8": { autonomous_system_number: mmdb.int32(-7), isp: "Negative" },
    "2.0.0.0/8": { asn: mmdb.uint64(2n ** 33n), isp: "Large" },
    "3.0.0.0/8": { asn: "AS5000000000", isp: "Text" },
    "4.0.0.0/8": RECORDS.isp,
  });
  await writeFile(join(datasets, "isp.mmdb"), odd);
  const other = await startWith({ GEO_DATASETS_DIR: datasets });
  const client = connect(other.port);
  const ipAddresses = ["1.1.1.1", "2.2.2.2", "3.3.3.3", "4.4.4.4"];
  const { results } = await client.batchGetLocations(many(ipAddresses));
  const found = results.map(({ result }) => {
    const connection = result?.$case === "location" ? result.value.connection : undefined;
    return [connection?.ispName, connection?.autonomousSystemNumber];
  });
  expect(found).toEqual([
    ["Negative", undefined],
    ["Large", undefined],
    ["Text", undefined],
    ["Telstra Internet", 1221],
  ]);
  const metrics = await (await fetch(`http://127.0.0.1:${other.opsPort}/metrics`)).text();
  expect(metrics).toMatch(/^geo_dataset_unusable_records\{dataset="isp.mmdb"[^}]*\} 3$/m);
  client.close();
  await other.close();
});
