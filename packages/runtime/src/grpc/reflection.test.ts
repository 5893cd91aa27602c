import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { GeoServiceService } from "@geomesh/proto/grpc/geomesh/geo/v1/geo_service";
import { startTestGrpcServer, type TestGrpcServer } from "@geomesh/testing/grpc-server";
import { afterAll, beforeAll, expect, test } from "vitest";
import { AppError } from "../errors.ts";
import { implement } from "./implement.ts";

const unknown = () => {
  throw new AppError("UNIMPLEMENTED", { message: "unknown here" });
};
const geo = implement(GeoServiceService, {
  getLocation: unknown,
  getLocationField: unknown,
  streamLocations: unknown,
  batchGetLocations: unknown,
  listDatasets: () => ({ datasets: [], nextPageToken: "", tzdataVersion: "" }),
});

let server: TestGrpcServer;
beforeAll(async () => {
  server = await startTestGrpcServer(geo);
});
afterAll(() => server.close(0));

const run = promisify(execFile);
/** `buf curl` that knows nothing of the schema but what the server tells. */
async function bufCurl(path: string, ...options: string[]) {
  const url = `http://${server.address}${path}`;
  const flags = ["curl", "--protocol", "grpc", "--http2-prior-knowledge", ...options, url];
  const { stdout } = await run("buf", flags, { timeout: 20_000 });
  return stdout;
}

const METHODS = [
  "geomesh.geo.v1.GeoService/BatchGetLocations",
  "geomesh.geo.v1.GeoService/GetLocation",
  "geomesh.geo.v1.GeoService/ListDatasets",
  "grpc.health.v1.Health/Check",
];

test.each(["grpc-v1", "grpc-v1alpha"])("buf curl lists the methods over %s", async (version) => {
  const listed = await bufCurl("", "--list-methods", "--reflect-protocol", version);
  expect(listed.split("\n")).toEqual(expect.arrayContaining(METHODS));
});

test.each(["grpc-v1", "grpc-v1alpha"])("buf curl calls a method over %s", async (version) => {
  const path = "/geomesh.geo.v1.GeoService/ListDatasets";
  const answer = await bufCurl(path, "--reflect-protocol", version, "-d", "{}");
  expect(JSON.parse(answer)).toEqual({});
});

test("buf curl shows the details of an error", async () => {
  const path = "/geomesh.geo.v1.GeoService/GetLocation";
  const call = bufCurl(path, "-d", '{"ip_address":"","language":"tlh"}');
  const { stderr } = await call.then(
    () => expect.unreachable("the call should fail"),
    (error: { stderr: string }) => error,
  );
  expect(JSON.parse(stderr)).toMatchObject({
    code: "invalid_argument",
    message: expect.stringMatching(/^ip_address is required; language must /),
    details: [{ type: "google.rpc.ErrorInfo" }, { type: "google.rpc.BadRequest" }],
  });
});

test("reflection answers before the service serves", async () => {
  server.setServing(false);
  const listed = await bufCurl("", "--list-methods");
  server.setServing(true);
  expect(listed).toContain("geomesh.geo.v1.GeoService/GetLocation");
});
