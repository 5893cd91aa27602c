import type { Location } from "@geomesh/proto/es/geomesh/geo/v1/location_pb";
import { expect, test } from "vitest";
import { COUNTRY_ONLY, special, UNKNOWN, WHOLE, wholeBut } from "../testing/locations.ts";
import { type IpinfoField, ipinfoLocation, ipinfoText, isIpinfoField } from "./location.ts";

const ANYCAST = {
  ...UNKNOWN,
  connection: wholeBut({ connection: { isAnycast: true } }).connection,
};

test.each<[IpinfoField, string, string]>([
  ["ip", "81.2.69.142", "text"],
  ["city", "London", "text"],
  ["region", "England", "its name, not its code"],
  ["country", "GB", "its code, not its name"],
  ["loc", "51.5967,-0.1500", "four digits, as clients split the text"],
  ["org", "AS20712 Andrews & Arnold Ltd", "number and holder in one text"],
  ["postal", "N2", "text"],
  ["timezone", "Europe/London", "the name alone"],
])("ipinfo's %s is %s: %s", (field, text) => {
  expect(ipinfoLocation(WHOLE)).toMatchObject({ [field]: text });
  expect(ipinfoText(WHOLE, field)).toBe(text);
  expect(isIpinfoField(field)).toBe(true);
});

test("ipinfo's answer has these keys alone, and no host name", () => {
  expect(Object.keys(ipinfoLocation(WHOLE) as object)).toEqual([
    ...["ip", "city", "region", "country", "loc", "org", "postal", "timezone"],
  ]);
  expect(isIpinfoField("hostname")).toBe(true);
  expect(ipinfoText(WHOLE, "hostname")).toBe("");
});

test.each<[Location, object, string]>([
  [UNKNOWN, { ip: "8.8.4.4" }, "nothing known is nothing said"],
  [COUNTRY_ONLY, { ip: "2001:218::1", country: "JP" }, "what is known alone"],
  [special("10.0.0.1", "Private-Use"), { ip: "10.0.0.1", bogon: true }, "a bogon"],
  [ANYCAST, { ip: "8.8.4.4", anycast: true }, "anycast where it is"],
])("ipinfo's answer for %j is %j: %s", (location, body) => {
  expect(ipinfoLocation(location)).toEqual(body);
});

test("half a place is none, and a number stands without its holder", () => {
  const { latitude, ...rest } = WHOLE;
  expect(latitude).toBeDefined();
  const half = { ...rest, connection: undefined };
  expect(ipinfoText(half, "loc")).toBe("");
  expect(ipinfoText(half, "org")).toBe("");
  const numbered = wholeBut({ connection: { autonomousSystemNumber: 64496 } });
  expect(ipinfoText(numbered, "org")).toBe("AS64496");
});
