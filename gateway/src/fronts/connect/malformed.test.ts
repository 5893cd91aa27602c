import { gzipSync } from "node:zlib";
import { isReason } from "@geomesh/terms/reasons";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startTestFronts, type TestFronts } from "../testing/fronts.ts";
import { GET_LOCATION, MALFORMED, type MalformedCall, MESSAGE } from "./testing/malformed-calls.ts";
import { callRaw, envelope, type RawProtocol } from "./testing/raw-rpc.ts";

let fronts: TestFronts;
beforeAll(async () => {
  fronts = await startTestFronts();
});
afterAll(() => fronts.close());
beforeEach(() => {
  fronts.invocations.length = 0;
  fronts.logged.length = 0;
});

describe.each(Object.entries(MALFORMED) as [RawProtocol, readonly MalformedCall[]][])(
  "by %s",
  (protocol, rows) => {
    test.each(rows)("%s is told with its reason", async (_what, sent, code, reason) => {
      const answer = await callRaw(fronts.port, protocol, { path: GET_LOCATION, ...sent });
      expect(answer).toMatchObject({ code, reason });
      if (protocol !== "connect") expect(answer.httpStatus).toBe(200);
      expect(fronts.invocations).toEqual([]);
      expect(fronts.logged).toEqual([]);
    });

    test("a good call is answered, compressed or not", async () => {
      const encoding = protocol === "connect" ? "content-encoding" : "grpc-encoding";
      for (const isCompressed of [false, true]) {
        const bytes = isCompressed ? gzipSync(MESSAGE) : MESSAGE;
        const framed = protocol === "connect" ? bytes : envelope(bytes, Number(isCompressed));
        const answer = await callRaw(fronts.port, protocol, {
          path: GET_LOCATION,
          body: protocol === "grpc-web-text" ? framed.toString("base64" as never) : framed,
          headers: isCompressed ? { [encoding]: "gzip" } : {},
        });
        expect(answer).toMatchObject({ httpStatus: 200, code: 0 });
        const accepts = protocol === "connect" ? "accept-encoding" : "grpc-accept-encoding";
        expect(answer.headers[accepts]).toBe("gzip,br");
      }
      expect(fronts.invocations).toMatchObject([
        { request: { ipAddress: "192.0.2.1" } },
        { request: { ipAddress: "192.0.2.1" } },
      ]);
    });

    test("any bytes are an answer or the client's mistake, never a defect", async () => {
      const bytes = fc.oneof(
        fc.uint8Array({ maxLength: 64 }).map((some) => Buffer.from(some)),
        fc.uint8Array({ maxLength: 64 }).map((some) => envelope(some)),
        fc
          .tuple(fc.uint8Array({ maxLength: 64 }), fc.nat(255), fc.nat(2 ** 32 - 1))
          .map(([some, flags, length]) => envelope(some, flags, length)),
        fc
          .tuple(fc.uint8Array({ maxLength: 64 }), fc.nat(100))
          .map(([some, cut]) => envelope(gzipSync(some).subarray(0, cut), 1)),
        fc.nat(MESSAGE.length + 5).map((cut) => envelope(MESSAGE).subarray(0, cut)),
      );
      const headers = fc.constantFrom({}, { "grpc-encoding": "gzip" }, { "grpc-encoding": "br" });
      await fc.assert(
        fc.asyncProperty(bytes, headers, fc.boolean(), async (body, some, isBase64) => {
          const isText = protocol === "grpc-web-text" && isBase64;
          const sent = { body: isText ? body.toString("base64") : body, headers: some };
          const answer = await callRaw(fronts.port, protocol, { path: GET_LOCATION, ...sent });
          expect([0, 3, 8, 12]).toContain(answer.code);
          if (answer.code !== 0) expect(isReason(answer.reason ?? "")).toBe(true);
        }),
        { numRuns: 60 },
      );
      expect(fronts.logged).toEqual([]);
    });
  },
);
