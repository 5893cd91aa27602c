import { once } from "node:events";
import tls from "node:tls";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  BatchGetLocationsRequestSchema,
  ListDatasetsRequestSchema,
  ListDatasetsResponseSchema,
} from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { eventually } from "@geomesh/testing/eventually";
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import { expect, onTestFinished, test } from "vitest";
import { overTls } from "../http/testing/clients.ts";
import { createTestCertificate } from "../http/testing/test-certificate.ts";
import { startTestFronts, TEST_KEY, type TestFrontsOptions } from "./testing/fronts.ts";

const certificate = createTestCertificate();
const { ca } = certificate;
const client = overTls(ca);
const BIG = create(ListDatasetsResponseSchema, { datasets: [{ name: "x".repeat(500_000) }] });
const PATH = `/v1/datasets?api_key=${TEST_KEY}`;

async function start(options: TestFrontsOptions = {}) {
  const fronts = await startTestFronts(() => BIG, { certificate, ...options });
  onTestFinished(fronts.close);
  return fronts;
}

const listDatasets = (grpc: Client): Promise<number> =>
  new Promise((resolve, reject) => {
    const metadata = new Metadata();
    metadata.set("x-api-key", TEST_KEY);
    grpc.makeUnaryRequest(
      "/geomesh.geo.v1.GeoService/ListDatasets",
      (request: Uint8Array) => Buffer.from(request),
      (bytes) => fromBinary(ListDatasetsResponseSchema, bytes),
      toBinary(ListDatasetsRequestSchema, create(ListDatasetsRequestSchema)),
      metadata,
      (error, answer) =>
        error === null ? resolve(answer?.datasets[0]?.name.length ?? 0) : reject(error),
    );
  });

test("gRPC by grpc-js is served over TLS", async () => {
  const { httpsPort } = await start();
  const grpc = new Client(`127.0.0.1:${httpsPort}`, credentials.createSsl(Buffer.from(ca)));
  onTestFinished(() => grpc.close());
  expect(await listDatasets(grpc)).toBe(500_000);
});

test.each(["http1", "http2"] as const)("a large batch over %s by TLS arrives whole", async (by) => {
  const { httpsPort, invocations } = await start();
  const ips = Array.from({ length: 100 }, (_, n) => `2001:db8::${n.toString(16)}`);
  const body = JSON.stringify({ ip_addresses: ips }).padEnd(500_000);
  const headers = { "content-type": "application/json", "x-api-key": TEST_KEY };
  await client[by](httpsPort, { method: "POST", path: "/v1/locations:batchGet", headers, body });
  const [request] = invocations.map((each) => each.request);
  expect(request).toMatchObject({
    $typeName: BatchGetLocationsRequestSchema.typeName,
    ipAddresses: { length: 100 },
  });
});

test("a client of TLS that does not read its answers is cut", async () => {
  const { httpsPort, metrics } = await start({ unsent: { readMsMax: 300 } });
  const socket = tls.connect({ host: "127.0.0.1", port: httpsPort, ca });
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => undefined);
  await once(socket, "secureConnect");
  socket.pause().write(`GET ${PATH} HTTP/1.1\r\nHost: test\r\n\r\n`.repeat(60));
  await eventually(async () => {
    expect(await metrics()).toMatch(/_cut_total\{reason="slow_reader"[^}]*\} 1\n/);
  });
});

test("metrics tell when the certificate expires, the connections by protocol and failed handshakes", async () => {
  const { httpsPort, metrics } = await start();
  const socket = tls.connect({ host: "127.0.0.1", port: httpsPort, ca, ALPNProtocols: ["smtp"] });
  await once(socket, "error");
  const expires = certificate.expiresMs / 1_000;
  await eventually(async () => {
    const told = await metrics();
    expect(told).toMatch(/_cut_total\{reason="tls_handshake"[^}]*\} 1\n/);
    expect(told).toMatch(new RegExp(`gateway_tls_certificate_expiry_time_seconds{.*} ${expires}`));
  });
});

test("cleartext HTTP to the port for TLS is counted as a client's mistake and not logged", async () => {
  const { httpsPort, logged, metrics } = await start();
  expect((await fetch(`http://127.0.0.1:${httpsPort}/v1/datasets`)).status).toBe(400);
  expect(await metrics()).toMatch(/gateway_refusals_total\{reason="invalid_argument"[^}]*\} 1\n/);
  expect(logged).toEqual([]);
});
