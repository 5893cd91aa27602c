import { AppError } from "@geomesh/runtime/errors";
import { Client, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestFronts, TEST_KEY, type TestFronts } from "../testing/fronts.ts";
import { percentEncoded } from "./grpc-trailer.ts";
import { callRaw, envelope } from "./testing/raw-rpc.ts";

const PATH = "/geomesh.geo.v1.GeoService/GetLocation";
const MESSAGES = [
  "key.expire_time: must be later; 50 % of a, b & c = d? @e/f [g] #h $i +j",
  "São Tomé 🇨🇭\nnext line",
  "100%25 of %3A",
  "\ud800 alone",
];

let message: string;
let fronts: TestFronts;
beforeAll(async () => {
  fronts = await startTestFronts(() => {
    throw new AppError("INVALID_ARGUMENT", { message });
  });
});
afterAll(() => fronts.close());

test.each(MESSAGES)("%j arrives at a grpc-js client as it was sent", async (sent) => {
  message = sent;
  const client = new Client(`127.0.0.1:${fronts.port}`, credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set("x-api-key", TEST_KEY);
  const asBytes = (bytes: Buffer) => bytes;
  const error = await new Promise<ServiceError | null>((resolve) => {
    client.makeUnaryRequest(PATH, asBytes, asBytes, Buffer.alloc(0), metadata, resolve);
  });
  client.close();
  expect(error?.details).toBe(sent.toWellFormed());
});

test("nothing is escaped on the wire but what gRPC says", async () => {
  message = MESSAGES[0] as string;
  for (const protocol of ["grpc", "grpc-web"] as const) {
    const answer = await callRaw(fronts.port, protocol, { path: PATH, body: envelope("") });
    expect(answer.message).toBe(message.replace("%", "%25"));
  }
});

test("any text is escaped into printable ASCII, and back", () => {
  const units = fc.array(fc.nat(0xffff), { maxLength: 20 });
  const texts = units.map((codes) => String.fromCharCode(...codes));
  fc.assert(
    fc.property(fc.oneof(texts, fc.string()), (text) => {
      const escaped = percentEncoded(text);
      expect(escaped).toMatch(/^[\x20-\x7e]*$/);
      expect(decodeURIComponent(escaped)).toBe(text.toWellFormed());
    }),
  );
});
