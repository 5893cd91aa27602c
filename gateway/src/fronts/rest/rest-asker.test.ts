import { createServer } from "node:http";
import { create, toBinary } from "@bufbuild/protobuf";
import { freePort } from "@geomesh/testing/free-port";
import { expect, onTestFinished, test, vi } from "vitest";
import { createCompression } from "../../http/compression.ts";
import type { Exchange } from "../../http/exchange.ts";
import type { FreeOperation } from "../../operations/operation.ts";
import { freeOutcome } from "../../operations/outcome.ts";
import { createHttpBodyReader } from "../../transcode/http-body.ts";
import { HTTP_BODY } from "../../transcode/testing/http-body.ts";
import { RestAsker } from "./rest-asker.ts";
import type { Target } from "./routes.ts";

test.each([
  ["image/svg+xml", "image/svg+xml"],
  ["text/html; charset=utf-8", "text/html; charset=utf-8"],
  ["", "application/octet-stream"],
  ["text", "application/octet-stream"],
  ["text/html\r\nx-injected: 1", "application/octet-stream"],
  ["text/zürich", "application/octet-stream"],
])("an answer that is an HttpBody of the type %j is sent as it is, as %s", async (given, sent) => {
  const data = Buffer.from([0, 255, 10, 128]);
  const bytes = toBinary(HTTP_BODY, create(HTTP_BODY, { contentType: given, data }));
  const target = { status: 200, readHttpBody: createHttpBodyReader(HTTP_BODY) };
  const fail = vi.fn();
  const compression = createCompression();
  const server = createServer((request, response) => {
    const exchange = {
      ...{ request, response, method: "GET", requestId: "r-1" },
      ...{ answerHeaders: () => undefined, answered: () => undefined },
    };
    const asker = new RestAsker(exchange as unknown as Exchange, target as Target, {
      fail,
      compression,
    });
    asker.answer(freeOutcome({} as FreeOperation, bytes, { ratelimit: "x" }));
  });
  const port = await freePort();
  server.listen(port, "127.0.0.1");
  onTestFinished(() => void server.close());
  const response = await fetch(`http://127.0.0.1:${port}/`);
  expect(response.status).toBe(200);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    ...{ "content-type": sent, "cache-control": "private", ratelimit: "x", "content-length": "4" },
  });
  expect(response.headers.has("x-injected")).toBe(false);
  expect(Buffer.from(await response.arrayBuffer())).toEqual(data);
  expect(fail).not.toHaveBeenCalled();
});
