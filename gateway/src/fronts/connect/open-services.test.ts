import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { GeoService } from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { Health } from "@geomesh/proto/es/grpc/health/v1/health_pb";
import {
  ServerReflection,
  type ServerReflectionRequestSchema,
} from "@geomesh/proto/es/grpc/reflection/v1/reflection_pb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestFronts, type TestFronts } from "../testing/fronts.ts";

let fronts: TestFronts;
beforeAll(async () => {
  fronts = await startTestFronts();
});
afterAll(() => fronts.close());

const transport = () => createGrpcTransport({ baseUrl: fronts.url });

const health = () => createClient(Health, transport());

test("health says whether the gateway can serve", async () => {
  expect(await health().check({})).toMatchObject({ status: 1 });
  expect(await health().check({ service: GeoService.typeName })).toMatchObject({ status: 1 });
  fronts.notServing.add("");
  expect(await health().check({})).toMatchObject({ status: 2 });
  fronts.notServing.clear();
  const refused = await health()
    .check({ service: "other" })
    .catch((error) => ConnectError.from(error).code);
  expect(refused).toBe(Code.NotFound);
});

describe("reflection", () => {
  const ask = async (messageRequest: MessageInitShape<typeof ServerReflectionRequestSchema>) => {
    const client = createClient(ServerReflection, transport());
    const requests = (async function* requests() {
      yield messageRequest;
    })();
    for await (const { messageResponse } of client.serverReflectionInfo(requests)) {
      return messageResponse;
    }
    throw new Error("no answer");
  };

  test("lists the public services, health and itself", async () => {
    const answer = await ask({ messageRequest: { case: "listServices", value: "" } });
    const services = answer.case === "listServicesResponse" ? answer.value.service : [];
    expect(services.map(({ name }) => name)).toEqual([
      "geomesh.auth.v1.AuthService",
      "geomesh.geo.v1.GeoService",
      "geomesh.metering.v1.MeteringService",
      "grpc.health.v1.Health",
      "grpc.reflection.v1.ServerReflection",
      "grpc.reflection.v1alpha.ServerReflection",
    ]);
  });

  test.each([
    ["geomesh.geo.v1.GeoService", "fileDescriptorResponse"],
    ["google.rpc.ErrorInfo", "fileDescriptorResponse"],
    ["geomesh.geo.v1.LookupService", "errorResponse"],
    ["geomesh.auth.v1.DirectoryService", "errorResponse"],
    ["geomesh.metering.v1.LeaseService", "errorResponse"],
    ["geomesh.metering.v1.AcquireLeaseRequest", "errorResponse"],
  ])("asked for %s, answers by %s", async (value, answer) => {
    const asked = { case: "fileContainingSymbol" as const, value };
    expect(await ask({ messageRequest: asked })).toMatchObject({ case: answer });
  });
});
