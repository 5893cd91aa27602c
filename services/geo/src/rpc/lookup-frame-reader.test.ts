import { LookupFramesRequest } from "@geomesh/proto/grpc/geomesh/geo/v1/lookup_service";
import { AppError } from "@geomesh/runtime/errors";
import fc from "fast-check";
import { expect, test } from "vitest";
import { LookupFrameReader } from "./lookup-frame-reader.ts";

function read(bytes: Uint8Array) {
  const frame = new LookupFrameReader();
  frame.read(bytes);
  const texts = Array.from({ length: frame.count }, (_, i) =>
    new TextDecoder().decode(bytes.subarray(frame.starts[i], frame.ends[i])),
  );
  return {
    frameId: frame.frameId,
    ipAddresses: texts,
    language: frame.language,
    partsMax: frame.partsMax,
    withNames: frame.withNames,
  };
}

test("a frame is read as the generated code reads it", () => {
  const frames = fc.record({
    frameId: fc.nat(0xffffffff),
    ipAddresses: fc.array(fc.string({ unit: "grapheme" }), { maxLength: 30 }),
    language: fc.constantFrom("", "en", "pt-BR"),
    partsMax: fc.nat(0xffffffff),
    withNames: fc.boolean(),
  });
  fc.assert(
    fc.property(frames, (frame) => {
      expect(read(LookupFramesRequest.encode(frame).finish())).toEqual(frame);
    }),
  );
});

test("any other bytes are refused as invalid, or read as the generated code reads them", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      let found: ReturnType<typeof read>;
      try {
        found = read(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(AppError);
        expect((error as AppError).kind).toBe("invalid_argument");
        return;
      }
      expect(found).toEqual(LookupFramesRequest.decode(bytes));
    }),
    { numRuns: 20_000 },
  );
});

test("1,000 addresses are read and one more is refused", () => {
  const of = (count: number) =>
    LookupFramesRequest.encode({
      frameId: 1,
      ipAddresses: Array(count).fill("::1"),
      language: "",
      partsMax: 0,
      withNames: false,
    }).finish();
  expect(read(of(1000)).ipAddresses).toHaveLength(1000);
  expect(() => read(of(1001))).toThrow(/exceeds 1000 addresses/);
});
