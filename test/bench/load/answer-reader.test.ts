import { expect, test } from "vitest";
import { AnswerReader } from "./answer-reader.ts";

const ROWS = [
  ["as Node writes it", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello", "200", 5],
  ["as nginx writes it", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "200", 5],
  [
    "a 304, which has neither body nor length",
    "HTTP/1.1 304 Not Modified\r\netag: x\r\n\r\n",
    "304",
    0,
  ],
  ["without a body", "HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n", "503", 0],
  [
    "in chunks",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "200",
    15,
  ],
] as const;

test.each(ROWS)(
  "an answer %s is whole with its last byte, wherever it is cut",
  (_, text, status, bodyBytes) => {
    const bytes = Buffer.from(text);
    for (let cut = 1; cut < bytes.length; cut++) {
      const reader = new AnswerReader();
      // Twice, because a connection is used again.
      for (const _round of [1, 2]) {
        expect(reader.take(bytes.subarray(0, cut))).toBeUndefined();
        expect(reader.take(bytes.subarray(cut))).toMatchObject({ status, bodyBytes });
      }
    }
  },
);

test("an answer that does not say its length is an error", () => {
  const reader = new AnswerReader();
  expect(() => reader.take(Buffer.from("HTTP/1.1 200 OK\r\n\r\n"))).toThrow("without its length");
});
