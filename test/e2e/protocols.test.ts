import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { AuthService } from "@geomesh/proto/es/geomesh/auth/v1/auth_service_pb";
import { GeoService } from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { LeaseService } from "@geomesh/proto/es/geomesh/metering/v1/lease_service_pb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask } from "../support/api.ts";
import { type Mesh, startTestMesh } from "../support/mesh.ts";

let mesh: Mesh;
beforeAll(async () => {
  mesh = await startTestMesh();
}, 60_000);
afterAll(() => mesh.close());

const run = promisify(execFile);

/** `buf curl` with prior knowledge of HTTP/2 and no schema. */
async function bufCurl(...args: string[]): Promise<string> {
  const { stdout } = await run("buf", ["curl", "--http2-prior-knowledge", ...args]);
  return stdout;
}

const GET_LOCATION = "geomesh.geo.v1.GeoService/GetLocation";
const LONDON = '{"ip_address":"81.2.69.142"}';

describe("buf curl without a schema", () => {
  test("calls geo directly", async () => {
    const url = `http://${mesh.addresses.geo}/${GET_LOCATION}`;
    const answer = JSON.parse(await bufCurl("--protocol", "grpc", "-d", LONDON, url));
    expect(answer.location).toMatchObject({ ipAddress: "81.2.69.142", countryCode: "GB" });
  });

  test.each(["geo", "auth", "metering"] as const)("lists the methods of %s", async (service) => {
    const url = `http://${mesh.addresses[service]}`;
    const methods = await bufCurl("--protocol", "grpc", "--list-methods", url);
    expect(methods).toContain(`geomesh.${service}.v1.`);
    expect(methods).toContain("grpc.health.v1.Health/Check");
  });

  test.each(["connect", "grpc", "grpcweb"])(
    "calls the gateway by %s with a key",
    async (protocol) => {
      const header = `Authorization: Bearer ${mesh.demoKey}`;
      const url = `${mesh.baseUrl}/${GET_LOCATION}`;
      const answer = JSON.parse(
        await bufCurl("--protocol", protocol, "-H", header, "-d", LONDON, url),
      );
      expect(answer.location).toMatchObject({ ipAddress: "81.2.69.142", countryCode: "GB" });
    },
  );

  test.each(["connect", "grpc", "grpcweb"])("is refused by %s without a key", async (protocol) => {
    const url = `${mesh.baseUrl}/${GET_LOCATION}`;
    await expect(bufCurl("--protocol", protocol, "-d", LONDON, url)).rejects.toMatchObject({
      stderr: expect.stringContaining("unauthenticated"),
    });
  });
});

const transports = {
  "Connect over HTTP/1.1": (baseUrl: string) =>
    createConnectTransport({ baseUrl, httpVersion: "1.1" }),
  "Connect over HTTP/2": (baseUrl: string) => createConnectTransport({ baseUrl, httpVersion: "2" }),
  gRPC: (baseUrl: string) => createGrpcTransport({ baseUrl }),
  "gRPC-Web over HTTP/1.1": (baseUrl: string) =>
    createGrpcWebTransport({ baseUrl, httpVersion: "1.1" }),
};

describe.each(Object.entries(transports))("a generated client by %s", (_name, transport) => {
  const headers = () => ({ headers: { authorization: `Bearer ${mesh.demoKey}` } });

  test("gets the same location as REST", async () => {
    const client = createClient(GeoService, transport(mesh.baseUrl));
    const { location } = await client.getLocation({ ipAddress: "2001:218::1" }, headers());
    const rest = await ask(mesh, "/v1/locations/2001:218::1");
    expect(location).toMatchObject({
      network: rest.json.network,
      countryCode: rest.json.country_code,
      latitude: rest.json.latitude ?? undefined,
    });
  });

  test("gets errors with their code and nothing of the inside", async () => {
    const client = createClient(GeoService, transport(mesh.baseUrl));
    const failure = await client
      .getLocation({ ipAddress: "nonsense" }, headers())
      .catch(ConnectError.from);
    expect(failure).toMatchObject({ code: Code.InvalidArgument });
    expect(String(failure)).not.toMatch(/node_modules|127\.0\.0\.1/);
  });

  test("reaches its own account and no other's", async () => {
    const auth = createClient(AuthService, transport(mesh.baseUrl));
    const own = await auth.getAccount({ accountId: "-" }, headers());
    expect(own.account?.accountId).toBe(mesh.accountId);
    const other = auth.getAccount({ accountId: "acct_0000000000000" }, headers());
    await expect(other).rejects.toMatchObject({ code: Code.PermissionDenied });
  });

  test("cannot call what is internal", async () => {
    const leases = createClient(LeaseService, transport(mesh.baseUrl));
    const internal = leases.listWatermarks({ gatewayId: "gw" }, headers());
    await expect(internal).rejects.toMatchObject({ code: Code.Unimplemented });
  });
});
