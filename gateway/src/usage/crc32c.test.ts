import { expect, test } from "vitest";
import { crc32c } from "./crc32c.ts";

const vectors: [why: string, bytes: Uint8Array, crc: number][] = [
  ["all zeros", Buffer.alloc(32), 0x8a9136aa],
  ["all ones", Buffer.alloc(32, 0xff), 0x62a8ab43],
  ["every position has another byte", Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
  ["the check value that catalogues of CRCs list", Buffer.from("123456789"), 0xe3069283],
  ["no bytes at all", new Uint8Array(), 0],
];

test.each(vectors)("is the CRC-32C of RFC 3720: %s", (_, bytes, crc) => {
  expect(crc32c(bytes, 0, bytes.length)).toBe(crc);
});

test("counts only the bytes from start up to end", () => {
  expect(crc32c(Buffer.from("..123456789.."), 2, 11)).toBe(0xe3069283);
});
