import { expect, test } from "vitest";
import { composerOf, locate } from "../testing/locate.ts";
import { writeMmdb } from "../testing/mmdb-writer.ts";
import { RECORDS } from "../testing/records.ts";
import { parseOverrides } from "./parse-overrides.ts";

const city = writeMmdb({ "1.0.0.0/8": RECORDS.city });
const asn = Buffer.from("1.0.0.0,1.255.255.255,64500,Example Net");

function overridden(...lines: object[]) {
  const overrides = lines.map((line) => JSON.stringify(line)).join("\n");
  return composerOf({ "city.mmdb": city, "asn.csv": asn }, { overrides });
}

test("a correction replaces the fields it names and keeps the rest of the record", () => {
  const composer = overridden({ network: "1.2.0.0/16", city: "Camden", postal_code: null });
  expect(locate(composer, "1.2.3.4")).toMatchObject({
    network: "1.2.0.0/16",
    city: "Camden",
    region: "England",
    connection: { autonomousSystemNumber: 64500 },
    isOverridden: true,
  });
  expect(locate(composer, "1.2.3.4").postalCode).toBeUndefined();
  expect(locate(composer, "1.3.3.4")).toMatchObject({ city: "London", isOverridden: false });
});

test("the longest prefix wins", () => {
  const composer = overridden(
    { network: "1.0.0.0/8", city: "Wide" },
    { network: "1.2.3.0/24", city: "Narrow" },
  );
  expect(locate(composer, "1.2.3.4").city).toBe("Narrow");
  expect(locate(composer, "1.2.4.4").city).toBe("Wide");
});

test("another country replaces the whole place, with its currency and flag", () => {
  const composer = overridden({
    network: "1.2.0.0/16",
    country_code: "IN",
    timezone: { name: "Asia/Kolkata" },
  });
  const answer = locate(composer, "1.2.3.4");
  expect(answer).toMatchObject({
    countryCode: "IN",
    timezone: { name: "Asia/Kolkata", gmtOffset: 5.5 },
    currency: { currencyCode: "INR" },
    flag: { emoji: "🇮🇳" },
  });
  expect([answer.city, answer.latitude, answer.continent]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test("an overridden intranet has a place and no special purpose", () => {
  const composer = overridden({
    network: "10.20.0.0/16",
    city: "Campus",
    security: { is_vpn: true },
  });
  const answer = locate(composer, "10.20.1.1");
  expect(answer).toMatchObject({ city: "Campus", security: { isVpn: true }, isOverridden: true });
  expect(answer.specialPurpose).toBeUndefined();
  expect(locate(composer, "10.21.1.1")).toMatchObject({ specialPurpose: "Private-Use" });
});

test.each([
  ["{", "not JSON"],
  ["[]", "not an object"],
  ['{"city":"x"}', "no network"],
  ['{"network":"10.0.0.1/8"}', "bits after the prefix"],
  ['{"network":"10.0.0.0/8","citty":"x"}', "an unknown field"],
  ['{"network":"10.0.0.0/8","ip_address":"1.1.1.1"}', "a field that is not the operator's to set"],
  ['{"network":"10.0.0.0/8","__proto__":{"city":"x"}}', "a name that every object has"],
  ['{"network":"10.0.0.0/8","city":""}', "an empty text"],
  ['{"network":"10.0.0.0/8","latitude":91}', "a latitude of 91"],
  ['{"network":"10.0.0.0/8","country_code":"gb"}', "a code in small letters"],
  ['{"network":"10.0.0.0/8","timezone":{"name":"Mars/Olympus"}}', "an unknown zone"],
  ['{"network":"10.0.0.0/8","security":{"is_vpn":"yes"}}', "a flag that is a text"],
])("%s is refused with its line number: %s", (line) => {
  expect(() => parseOverrides(`# comment\n\n${line}`)).toThrow(/^line 3 /);
});
