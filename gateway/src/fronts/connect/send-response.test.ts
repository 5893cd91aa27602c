import { expect, test } from "vitest";
import type { Headers } from "../../http/exchange.ts";
import { commonHeaders } from "./send-response.ts";

test.each<[why: string, own: Headers | undefined, headers: Headers, vary: string | undefined]>([
  ["nothing", undefined, {}, undefined],
  ["what the answer does", undefined, { vary: "Accept-Encoding" }, "Accept-Encoding"],
  ["what every answer does", { vary: "Origin" }, {}, "Origin"],
  ["both", { vary: "Origin" }, { vary: "Accept-Encoding" }, "Origin, Accept-Encoding"],
  ["nothing, though every answer has a header", { "server-timing": "x" }, {}, undefined],
])("an answer varies by %s", (_why, own, headers, vary) => {
  const exchange = { requestId: "r-1", answerHeaders: () => own };
  const all = commonHeaders(exchange, { ...headers, "grpc-status": "0" });
  expect(all["vary"]).toBe(vary);
  expect(all).toMatchObject({
    ...{ "x-request-id": "r-1", "cache-control": "private", "grpc-status": "0" },
  });
});
