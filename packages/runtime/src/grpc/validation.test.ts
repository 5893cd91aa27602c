import { descriptorSetBytes } from "@geomesh/proto/descriptors";
import { AuthServiceService } from "@geomesh/proto/grpc/geomesh/auth/v1/auth_service";
import { GeoServiceService } from "@geomesh/proto/grpc/geomesh/geo/v1/geo_service";
import { startTestGrpcServer, type TestGrpcServer } from "@geomesh/testing/grpc-server";
import { Client, credentials, type ServiceError } from "@grpc/grpc-js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { AppError } from "../errors.ts";
import { createTsProtoClient, type TsProtoClient } from "./client.ts";
import { implement } from "./implement.ts";
import { requestChecks } from "./validation.ts";

const neverReached = () => {
  throw new AppError("INTERNAL", { message: "a request that breaks a rule reached its handler" });
};
const geo = implement(GeoServiceService, {
  getLocation: neverReached,
  getLocationField: neverReached,
  streamLocations: neverReached,
  batchGetLocations: neverReached,
  listDatasets: () => ({ datasets: [], nextPageToken: "", tzdataVersion: "" }),
});

const NO_MASKS = { fields: undefined, excludeFields: undefined };

let server: TestGrpcServer;
let client: TsProtoClient<typeof GeoServiceService>;
beforeAll(async () => {
  server = await startTestGrpcServer(geo);
  client = createTsProtoClient(GeoServiceService, { address: server.address, deadlineMs: 5_000 });
});
afterAll(async () => {
  client.close();
  await server.close(0);
});

test("a request that breaks rules is refused with every mistake, by the names of the contract", async () => {
  const call = client.getLocation({ ipAddress: "", language: "tlh", ...NO_MASKS });
  await expect(call).rejects.toMatchObject({
    kind: "invalid_argument",
    reason: "INVALID_ARGUMENT",
    fields: [
      { field: "ip_address", reason: "string.min_len" },
      { field: "language", reason: "string.in" },
    ],
  });
});

test("a mistake inside a list is named with its place", async () => {
  const ipAddresses = ["81.2.69.142", "x".repeat(65)];
  await expect(
    client.batchGetLocations({ ipAddresses, language: "", ...NO_MASKS }),
  ).rejects.toMatchObject({
    fields: [{ field: "ip_addresses[1]", reason: "string.max_len" }],
  });
});

test("a request that keeps the rules reaches its handler", async () => {
  expect(await client.listDatasets({ pageSize: 0, pageToken: "" })).toMatchObject({ datasets: [] });
});

test("bytes that are no message are the caller's mistake", async () => {
  const raw = new Client(server.address, credentials.createInsecure());
  const { path } = GeoServiceService.getLocation;
  const asIs = (bytes: Buffer) => bytes;
  const error = await new Promise<ServiceError | null>((resolve) => {
    raw.makeUnaryRequest(path, asIs, asIs, Buffer.from([0x0a, 0xff]), resolve);
  });
  raw.close();
  expect(error?.details).toBe("the request is malformed");
});

test("a request without rules has no check, so that it is not decoded twice", () => {
  const checkOf = requestChecks(descriptorSetBytes());
  expect(checkOf("/grpc.health.v1.Health/Check")).toBeUndefined();
  expect(checkOf(AuthServiceService.createKey.path)).toBeTypeOf("function");
});
