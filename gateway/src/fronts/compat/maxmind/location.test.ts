import { expect, test } from "vitest";
import { COUNTRY_ONLY, type LocationChange, WHOLE, wholeBut } from "../testing/locations.ts";
import { maxmindLocation } from "./location.ts";

const COUNTRY = {
  geoname_id: 2635167,
  iso_code: "GB",
  names: { en: "United Kingdom", de: "Vereinigtes Königreich", "zh-CN": "英国" },
};
const CONTINENT = {
  code: "EU",
  geoname_id: 6255148,
  names: { en: "Europe", de: "Europa" },
};
const ADDRESS = { ip_address: "81.2.69.142", network: "81.2.69.128/25" };
const CONNECTION = {
  autonomous_system_number: 20712,
  autonomous_system_organization: "Andrews & Arnold Ltd",
  connection_type: "Cable/DSL",
  domain: "example.net",
  isp: "Andrews & Arnold",
  organization: "STONEHOUSE",
};
const CITY = {
  city: { geoname_id: 2643743, names: { en: "London", de: "London", ja: "ロンドン" } },
  location: {
    accuracy_radius: 20,
    latitude: 51.5967,
    longitude: -0.15,
    metro_code: 501,
    time_zone: "Europe/London",
  },
  postal: { code: "N2" },
  subdivisions: [
    { geoname_id: 6269131, iso_code: "ENG", names: { en: "England", fr: "Angleterre" } },
    { geoname_id: 2648110, iso_code: "GLA", names: { en: "Greater London" } },
  ],
  continent: CONTINENT,
  country: COUNTRY,
  registered_country: { iso_code: "US" },
};

test("country tells country, continent and network", () => {
  expect(maxmindLocation(WHOLE, { product: "country", queriesRemaining: 0 })).toEqual({
    ...{ continent: CONTINENT, country: COUNTRY, registered_country: { iso_code: "US" } },
    traits: ADDRESS,
    maxmind: { queries_remaining: 0 },
  });
});

test("city tells the place and who runs the network as well", () => {
  expect(maxmindLocation(WHOLE, { product: "city" })).toEqual({
    ...CITY,
    traits: { ...ADDRESS, ...CONNECTION },
  });
});

test("insights tells how the address is used as well, where that is true", () => {
  expect(maxmindLocation(WHOLE, { product: "insights" })).toEqual({
    ...CITY,
    traits: { ...ADDRESS, ...CONNECTION, is_anonymous: true, is_hosting_provider: true },
  });
});

test.each<[NonNullable<LocationChange["security"]>, object, string]>([
  [{ isVpn: true }, { is_anonymous: true, is_anonymous_vpn: true }, "a VPN"],
  [{ isProxy: true }, { is_anonymous: true, is_public_proxy: true }, "a proxy"],
  [{ isTor: true }, { is_anonymous: true, is_tor_exit_node: true }, "Tor"],
  [{ isVpn: false, isTor: false }, {}, "false is absent there"],
  [{}, {}, "unknown is absent too"],
])("insights reads %j as %j: %s", (security, traits) => {
  const location = wholeBut({ security, connection: {} });
  expect(maxmindLocation(location, { product: "insights" })).toMatchObject({
    traits: { ...ADDRESS, ...traits },
  });
  const read = maxmindLocation(location, { product: "insights" });
  expect(Object.keys((read as { traits: object }).traits)).toHaveLength(
    2 + Object.keys(traits).length,
  );
});

test.each(["country", "city", "insights"] as const)(
  "%s has nothing that is unknown, at any level",
  (product) => {
    const japan = { iso_code: "JP", names: { en: "Japan" } };
    expect(maxmindLocation(COUNTRY_ONLY, { product })).toEqual({
      ...{ country: japan, registered_country: japan },
      traits: { ip_address: "2001:218::1", network: "2001:218::/32" },
    });
  },
);

test.each(["country", "city", "insights"] as const)(
  "%s tells that a network is anycast",
  (product) => {
    const location = wholeBut({ connection: { isAnycast: true } });
    expect(maxmindLocation(location, { product })).toMatchObject({
      traits: { ...ADDRESS, is_anycast: true },
    });
  },
);

test("a member of the European Union is told, any other country is not", () => {
  const location = wholeBut({ countryIsEu: true });
  expect(maxmindLocation(location, { product: "country" })).toMatchObject({
    country: { is_in_european_union: true },
  });
});
