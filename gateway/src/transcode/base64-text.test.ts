import fc from "fast-check";
import { expect, test } from "vitest";
import { readBase64 } from "./base64-text.ts";

test.each([
  ["nothing", "", []],
  ["padded", "AQI=", [1, 2]],
  ["without padding", "AQI", [1, 2]],
  ["two characters of padding", "AQ==", [1]],
  ["the standard alphabet", "+/+/", [0xfb, 0xff, 0xbf]],
  ["the alphabet of URLs", "-_-_", [0xfb, 0xff, 0xbf]],
  ["the alphabet of URLs, padded", "-w==", [0xfb]],
  ["bits left over, as the conformance tests have it", "-_", [0xfb]],
])("%s is read: %s", (_what, text, bytes) => {
  expect(readBase64(text)).toEqual(new Uint8Array(bytes));
});

test.each([
  ["both alphabets", "+_+_"],
  ["a lone last character", "AQIDB"],
  ["one of two characters of padding", "AQ="],
  ["padding where none is due", "AQID="],
  ["padding in the middle", "AQ==AQ=="],
  ["padding alone", "="],
  ["three characters of padding", "A==="],
  ["white space", "AQ I"],
  ["a line break at the end", "AQI=\n"],
  ["another character", "AQ!I"],
])("%s is refused: %j", (_what, text) => {
  expect(readBase64(text)).toBeUndefined();
});

test("any bytes are read in each of the four forms", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 20 }), (bytes) => {
      const padded = Buffer.from(bytes).toString("base64");
      const url = Buffer.from(bytes).toString("base64url");
      const padding = padded.slice(padded.indexOf("=")).replace(/[^=]/g, "");
      for (const text of [padded, padded.replaceAll("=", ""), url, url + padding]) {
        expect(readBase64(text)).toEqual(bytes);
      }
    }),
    { seed: 1, numRuns: 500 },
  );
});
