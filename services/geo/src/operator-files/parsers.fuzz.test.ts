import fc from "fast-check";
import { expect, test } from "vitest";
import { AsnCsvError, readAsnCsv } from "../asn/asn-csv.ts";
import { parseOverrides } from "../overrides/parse-overrides.ts";
import { parseList } from "../security/parse-list.ts";
import { LineError } from "./lines.ts";

const words = fc.constantFrom(
  ...[
    "\n",
    "\r\n",
    ",",
    '"',
    "{",
    "}",
    ":",
    "#",
    "AS",
    "64500",
    "1.2.3.0/24",
    "1.2.3.0",
    "1.2.3.255",
    "::",
    "/0",
  ],
  ...[
    '"network"',
    '"city"',
    '"security"',
    '{"network":"10.0.0.0/8","city":"x"}',
    "null",
    "__proto__",
    " ",
  ],
);
const texts = fc.oneof(
  fc.array(words, { maxLength: 25 }).map((parts) => parts.join("")),
  fc.string(),
);

test.each<[string, (text: string) => unknown, new (...args: never[]) => Error]>([
  ["overrides", parseOverrides, LineError],
  ["a security list", parseList, LineError],
  ["a file of systems", (text) => readAsnCsv([Buffer.from(text)]), AsnCsvError],
])(
  "any text read as %s is understood or refused with the number of a line",
  (_, parse, refusal) => {
    fc.assert(
      fc.property(texts, (text) => {
        try {
          parse(text);
        } catch (error) {
          expect(error).toBeInstanceOf(refusal);
          expect((error as Error).message).toMatch(/^line \d+/);
        }
      }),
      { numRuns: 5_000 },
    );
  },
);
