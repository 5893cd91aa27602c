import fc from "fast-check";
import { expect, test } from "vitest";
import { acceptedCoding, acceptedCodings, CODINGS } from "./accept-encoding.ts";

test.each([
  ["no header: nothing is known of the client", undefined, ""],
  ["an empty header takes the plain bytes only", "", ""],
  ["only the plain bytes", "identity", ""],
  ["one coding", "gzip", "gzip"],
  ["what browsers send, in our order", "gzip, deflate, br, zstd", "br gzip"],
  ["the greater weight first", "br;q=0.5, gzip;q=0.8", "gzip br"],
  ["three decimals count", "br;q=0.001, gzip;q=0.002", "gzip br"],
  ["weight 0 refuses", "br;q=0, gzip", "gzip"],
  ["weight 0 in full refuses too", "br;q=0.000, gzip;q=0.", ""],
  ["a weight of 1 in full", "gzip;q=1.000", "gzip"],
  ["* is every coding that is not named", "*", "br gzip"],
  ["* is not one that is named", "br;q=0, *;q=0.5", "gzip"],
  ["* that refuses all others", "gzip;q=0.5, *;q=0", "gzip"],
  ["* that refuses everything", "*;q=0", ""],
  ["the plain bytes refused, and nothing taken", "identity;q=0", ""],
  ["the plain bytes refused", "identity;q=0, gzip;q=0.1", "gzip"],
  ["the plain bytes liked better", "identity, gzip;q=0.5", ""],
  ["the plain bytes liked better than one of two", "identity;q=0.5, gzip;q=0.4, br;q=0.6", "br"],
  ["the plain bytes liked equally", "identity, gzip", "gzip"],
  ["the plain bytes liked less without a word", "gzip;q=0.001", "gzip"],
  ["capitals", "GZIP;Q=0.5", "gzip"],
  ["the old name of gzip", "x-gzip", "gzip"],
  ["spaces and tabs, empty members", " ,\tgzip ;\tq=0.5 ,,", "gzip"],
  ["unknown codings", "compress, deflate, zstd, aws-chunked", ""],
  ["a weight above 1 is malformed", "gzip;q=1.5, br", "br"],
  ["four decimals are malformed", "gzip;q=0.1234, br", "br"],
  ["a weight that is none", "gzip;q=high, br;q=-1", ""],
  ["another parameter is malformed", "gzip;level=9, br", "br"],
  ["a name with a space is malformed", "g zip, br", "br"],
  ["a coding twice: the last counts", "gzip, gzip;q=0", ""],
])("%s: %s", (_why, header, expected) => {
  expect(acceptedCodings(header).join(" ")).toBe(expected);
});

test("any list is read, and nothing that it refuses is taken", () => {
  const name = fc.constantFrom("br", "gzip", "identity", "*", "deflate", "BR", "", "a b");
  const weight = fc.constantFrom("", ";q=0", ";q=0.5", ";q=1", "; q=0.25", ";q=2", ";x=y");
  const members = fc.array(fc.tuple(name, weight), { maxLength: 8 });
  fc.assert(
    fc.property(members, (list) => {
      const accepted = acceptedCodings(list.map((member) => member.join("")).join(","));
      expect(CODINGS).toEqual(expect.arrayContaining([...accepted]));
      expect(new Set(accepted).size).toBe(accepted.length);
      for (const coding of accepted) {
        const last = list.findLast(
          ([each, of]) => each.toLowerCase() === coding && of !== ";q=2" && of !== ";x=y",
        );
        expect(last?.[1]).not.toBe(";q=0");
        expect(last ?? list.find(([each]) => each === "*")).toBeDefined();
      }
    }),
    { seed: 10, numRuns: 500 },
  );
});

test.each<[why: string, values: readonly string[], coding: "br" | "gzip" | undefined]>([
  ["no header asks for none", [], undefined],
  ["an empty one neither", [""], undefined],
  ["only blanks", [" \t "], undefined],
  ["the one that is named", ["gzip"], "gzip"],
  ["of equals brotli", ["gzip, deflate, br"], "br"],
  ["in any case", ["GZip"], "gzip"],
  ["an older name", ["x-gzip"], "gzip"],
  ["an unknown one", ["deflate, zstd"], undefined],
  ["any", ["*"], "br"],
  ["any but one", ["br;q=0, *"], "gzip"],
  ["any, less than one", ["*;q=0.5, gzip;q=0.6"], "gzip"],
  ["by weight", ["br;q=0.5, gzip;q=0.501"], "gzip"],
  ["by weight, equal ones", ["gzip;q=0.3, br;q=0.300"], "br"],
  ["a weight of one in full", ["gzip;q=1.000, br;q=0.999"], "gzip"],
  ["with blanks and a capital", ["br ;\tQ=0.1 ,\tgzip ; q=0.2"], "gzip"],
  ["what is forbidden", ["gzip;q=0, br;q=0.000"], undefined],
  ["any is forbidden", ["*;q=0"], undefined],
  ["any other is forbidden", ["gzip, *;q=0"], "gzip"],
  ["the plain body is preferred", ["identity, gzip;q=0.5"], undefined],
  ["the plain body is as good", ["identity, gzip"], "gzip"],
  ["the plain body is less good", ["identity;q=0.5, gzip"], "gzip"],
  ["any does not name the plain body", ["gzip;q=0.1, *;q=0.2"], "br"],
  ["nothing at all is allowed", ["identity;q=0, *;q=0"], undefined],
  ["the plain body alone is forbidden", ["identity;q=0"], undefined],
  ["several headers", ["br;q=0.1", "gzip;q=0.2"], "gzip"],
  ["listed twice", ["gzip, br, br;q=0"], "gzip"],
  ["elements without anything", [", ,gzip,,"], "gzip"],
  ["a weight that is too large", ["br;q=2, gzip;q=0.1"], "gzip"],
  ["a weight with too many digits", ["br;q=0.1234, gzip;q=0.1"], "gzip"],
  ["a weight that is negative", ["br;q=-1, gzip;q=0.1"], "gzip"],
  ["a weight that is none", ["br;q=, gzip;q=0.1"], "gzip"],
  ["a parameter that is no weight", ["br;level=9, gzip;q=0.1"], "gzip"],
  ["a name that is none", ["b r, gz/ip"], undefined],
])("the first that a client accepts: %s", (_why, values, coding) => {
  const rawHeaders = ["Host", "x", ...values.flatMap((value) => ["Accept-ENCODING", value])];
  expect(acceptedCoding(rawHeaders)).toBe(coding);
});
