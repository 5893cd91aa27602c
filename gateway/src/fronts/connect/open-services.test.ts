import { createFileRegistry, fromBinary, type MessageInitShape } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { descriptorSetBytes } from "@geomesh/proto/descriptors";
import { GeoService } from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { ErrorInfoSchema } from "@geomesh/proto/es/google/rpc/error_details_pb";
import {
  Health,
  HealthCheckResponse_ServingStatus as Status,
} from "@geomesh/proto/es/grpc/health/v1/health_pb";
import {
  ServerReflection,
  type ServerReflectionRequestSchema,
} from "@geomesh/proto/es/grpc/reflection/v1/reflection_pb";
import { eventually } from "@geomesh/testing/eventually";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { http1 } from "../../http/testing/clients.ts";
import { startTestFronts, type TestFronts } from "../testing/fronts.ts";

let fronts: TestFronts;
beforeAll(async () => {
  fronts = await startTestFronts();
});
afterAll(() => fronts.close());

const transport = () => createGrpcTransport({ baseUrl: fronts.url });

function abortable() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}

const health = () => createClient(Health, transport());

test("health says whether the gateway can serve", async () => {
  expect(await health().check({})).toMatchObject({ status: 1 });
  expect(await health().check({ service: GeoService.typeName })).toMatchObject({ status: 1 });
  fronts.notServing.add("");
  expect(await health().check({})).toMatchObject({ status: 2 });
  fronts.notServing.clear();
});

test("the health of an unknown service is an error of the catalogue, like every other", async () => {
  const refused = await health()
    .check({ service: "other" })
    .catch((error) => ConnectError.from(error));
  expect(refused).toMatchObject({ code: Code.NotFound, rawMessage: "the service is unknown" });
  const [info] = (refused as ConnectError).findDetails(ErrorInfoSchema);
  expect(info).toMatchObject({ reason: "NOT_FOUND", domain: "geomesh" });
});

test("health lists the whole gateway and every public service", async () => {
  fronts.notServing.add(GeoService.typeName);
  const { statuses } = await health().list({});
  fronts.notServing.clear();
  expect(statuses).toMatchObject({
    "": { status: 1 },
    "geomesh.auth.v1.AuthService": { status: 1 },
    "geomesh.geo.v1.GeoService": { status: 2 },
    "geomesh.metering.v1.MeteringService": { status: 1 },
  });
});

describe("a watch of the health", () => {
  const grpcWeb = () => createGrpcWebTransport({ baseUrl: fronts.url, httpVersion: "1.1" });
  const connect = () => createConnectTransport({ baseUrl: fronts.url, httpVersion: "1.1" });

  test.each([
    ["gRPC", transport],
    ["gRPC-Web", grpcWeb],
    ["Connect", connect],
  ])("by %s tells each change, and nothing between", async (_protocol, over) => {
    const told: Status[] = [];
    const { signal, abort } = abortable();
    const watched = (async () => {
      for await (const { status } of createClient(Health, over()).watch({}, { signal })) {
        told.push(status);
      }
    })();
    await eventually(() => told.length === 1);
    fronts.notServing.add("");
    await eventually(() => told.length === 2);
    fronts.notServing.clear();
    await eventually(() => told.length === 3);
    abort();
    await expect(watched).rejects.toThrow();
    expect(told).toEqual([Status.SERVING, Status.NOT_SERVING, Status.SERVING]);
  });

  test("of a service that is unknown goes on, and says so", async () => {
    const { signal, abort } = abortable();
    for await (const { status } of health().watch({ service: "other" }, { signal })) {
      expect(status).toBe(Status.SERVICE_UNKNOWN);
      break;
    }
    abort();
  });

  test("ends at its deadline, as it says", async () => {
    const watched = (async () => {
      for await (const _ of health().watch({}, { timeoutMs: 50 }));
    })();
    await expect(watched).rejects.toMatchObject({ code: Code.DeadlineExceeded });
  });

  test("ends when the gateway closes, so that nothing waits for it", async () => {
    const own = await startTestFronts();
    const client = createClient(Health, createGrpcTransport({ baseUrl: own.url }));
    let isTold = false;
    const watched = (async () => {
      for await (const _ of client.watch({})) isTold = true;
    })();
    await eventually(() => isTold);
    await own.close();
    await watched;
  });
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

  test("every method of what is listed can be called through this door", async () => {
    const answer = await ask({ messageRequest: { case: "listServices", value: "" } });
    const listed = answer.case === "listServicesResponse" ? answer.value.service : [];
    const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptorSetBytes()));
    const methods = listed.flatMap(({ name }) => registry.getService(name)?.methods ?? []);
    expect(methods.length).toBeGreaterThan(15);
    for (const { parent, name } of methods) {
      const path = `/${parent.typeName}/${name}`;
      const { status } = await http1(fronts.port, { method: "OPTIONS", path });
      expect([path, status]).toEqual([path, 204]);
    }
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
