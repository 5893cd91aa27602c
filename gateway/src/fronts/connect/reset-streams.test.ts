import { once } from "node:events";
import http2 from "node:http2";
import { AuthService } from "@geomesh/proto/es/geomesh/auth/v1/auth_service_pb";
import { eventually } from "@geomesh/testing/eventually";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestFronts, TEST_KEY, type TestFronts } from "../testing/fronts.ts";
import { envelope } from "./testing/raw-rpc.ts";
import { startStreams, streamOf } from "./testing/stream-service.ts";

let fronts: TestFronts;
beforeAll(async () => {
  fronts = await startTestFronts();
});
afterAll(() => fronts.close());

/** Sends a body without its end, and resets the stream once the server has it. */
async function sendAndReset(port: number, path: string, type: string, body: Buffer): Promise<void> {
  const session = http2.connect(`http://127.0.0.1:${port}`);
  const headers = { "content-type": type, "x-api-key": TEST_KEY };
  const stream = session.request({ ":method": "POST", ":path": path, ...headers });
  stream.on("error", () => undefined);
  await new Promise<void>((resolve) => stream.write(body, () => resolve()));
  // It comes back behind the body.
  await new Promise<void>((resolve) => session.ping(() => resolve()));
  stream.close(http2.constants.NGHTTP2_CANCEL);
  await once(stream, "close");
  await new Promise<void>((resolve) => session.ping(() => resolve()));
  session.close();
}

test("a body whose stream is reset is not taken for a whole one: the call is not made", async () => {
  const path = `/${AuthService.typeName}/CreateKey`;
  await sendAndReset(fronts.port, path, "application/json", Buffer.from("{}"));
  await sendAndReset(fronts.port, "/v1/locations:batchGet", "application/json", Buffer.from("{}"));
  expect(fronts.invocations).toEqual([]);
});

test("a stream of requests that is reset fails, and does not seem to end", async () => {
  const ends: unknown[] = [];
  const hear = async function* hear(requests: AsyncIterable<unknown>) {
    try {
      for await (const _ of requests) ends.push("message");
      ends.push("end");
      yield { service: "" };
    } catch (error) {
      ends.push((error as { reason?: string }).reason);
      throw error;
    }
  };
  const streams = await startStreams({ collect: hear, spread: hear, converse: hear }, 1_000);
  try {
    const { parent, name } = streamOf("Converse");
    const path = `/${parent.typeName}/${name}`;
    await sendAndReset(streams.port, path, "application/grpc", envelope(""));
    await eventually(() => ends.length === 2);
    expect(ends).toEqual(["message", "CANCELLED"]);
  } finally {
    await streams.close();
  }
});
