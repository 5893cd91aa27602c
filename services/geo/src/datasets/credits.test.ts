import { expect, test } from "vitest";
import { creditsOf } from "./credits.ts";

test("the datasets of a first run name their licence and everyone whose data they are", () => {
  expect(creditsOf("GeoLite2-City").license).toContain("https://www.maxmind.com/en/geolite2/eula");
  expect(creditsOf("GeoLite2-City").attribution).toContain("MaxMind");
  const systems = creditsOf("ASN-CSV");
  expect(systems.license).toContain("CC BY 4.0");
  for (const source of ["https://db-ip.com", "Route Views", "NRO"]) {
    expect(systems.attribution).toContain(source);
  }
});

test("a dataset of an unknown publisher names nobody", () => {
  expect(creditsOf("Acme-City")).toEqual({ license: "", attribution: "" });
});
