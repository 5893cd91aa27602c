import { fromBinary } from "@bufbuild/protobuf";
import { GetLocationFieldResponseSchema } from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { expect, test } from "vitest";
import { handlersOf, NO_CALL } from "../testing/geo-handlers.ts";
import { composerOf } from "../testing/locate.ts";
import { writeMmdb } from "../testing/mmdb-writer.ts";
import { RECORDS } from "../testing/records.ts";

const FILES = {
  "city.mmdb": writeMmdb({ "1.0.0.0/8": RECORDS.city, "2.0.0.0/8": RECORDS.country }),
};
const OVERRIDES = '{"network":"1.9.0.0/16","city":"Camden"}';
const GEO = handlersOf(composerOf(FILES, { overrides: OVERRIDES }));

async function ask(ipAddress: string, field: string, language = "") {
  const response = await GEO.getLocationField({ ipAddress, field, language }, NO_CALL);
  return fromBinary(GetLocationFieldResponseSchema, response).body;
}

test.each<[why: string, ipAddress: string, field: string, language: string, line: string]>([
  ["a text", "1.2.3.4", "country_code", "", "GB\n"],
  ["a text in a language", "1.2.3.4", "country", "de", "Vereinigtes Königreich\n"],
  ["a value of an object", "1.2.3.4", "timezone.name", "", "Europe/London\n"],
  ["the time of the request", "1.2.3.4", "timezone.local_time", "", "2026-01-15T12:00:00+00:00\n"],
  ["a value that comes where it is named", "1.2.3.4", "country_facts.capital", "", "London\n"],
  ["the same of an overridden address", "1.9.3.4", "country_facts.capital", "", "London\n"],
  ["the same of no country", "10.1.1.1", "country_facts.capital", "", "\n"],
  ["a number", "1.2.3.4", "longitude", "", "-0.0931\n"],
  ["a flag that is known to be false", "1.2.3.4", "country_is_eu", "", "false\n"],
  ["the address in its canonical form", "::ffff:1.2.3.4", "ip_address", "", "1.2.3.4\n"],
  ["the network", "1.2.3.4", "network", "", "1.2.0.0/15\n"],
  ["a value of an overridden address", "1.9.3.4", "city", "", "Camden\n"],
  ["a value that is not known", "2.2.3.4", "city", "", "\n"],
  ["a value of a place that is not known", "9.9.9.9", "timezone.is_dst", "", "\n"],
  ["what a private address is", "10.1.1.1", "special_purpose", "", "Private-Use\n"],
])("%s is a line of text", async (_why, ipAddress, field, language, line) => {
  const body = await ask(ipAddress, field, language);
  expect(body?.contentType).toBe("text/plain; charset=utf-8");
  expect(Buffer.from(body?.data ?? []).toString("utf8")).toBe(line);
});

test.each<[why: string, ipAddress: string, field: string, problems: object[]]>([
  [
    "an unknown key",
    "1.2.3.4",
    "citty",
    [{ field: "field", description: 'names "citty", which is no key of a location' }],
  ],
  [
    "an object",
    "1.2.3.4",
    "flag",
    [
      {
        field: "field",
        description: 'must name one value: "flag" has flag.emoji, flag.unicode, flag.svg, flag.png',
      },
    ],
  ],
  [
    "a map",
    "1.2.3.4",
    "names.city",
    [{ field: "field", description: expect.stringContaining("must name one value") }],
  ],
  ["what is not an address", "x", "city", [{ field: "ip_address" }]],
  ["two mistakes", "x", "citty", [{ field: "ip_address" }, { field: "field" }]],
])("%s is refused by name", async (_why, ipAddress, field, problems) => {
  const failed = async () => ask(ipAddress, field);
  await expect(failed()).rejects.toMatchObject({ reason: "INVALID_ARGUMENT", fields: problems });
});
