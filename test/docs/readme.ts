import { expect } from "vitest";
import type { Expectation } from "../support/guide.ts";

/** What README.md promises of each of its blocks. */
export const README_EXPECTATIONS: readonly Expectation[] = [
  { section: "Start", notRun: "every test of this folder starts a mesh as it does" },
  { section: "Start", notRun: "it runs this test" },
  {
    section: "First requests",
    statuses: [200, 200, 200, 200],
    check: ({ stdout }) => {
      expect(stdout).toContain('"country_code":"GB"');
      expect(stdout).toContain('"special_purpose":"Loopback"');
      expect(stdout).toContain('"totals":');
      expect(stdout).toContain('"results":[');
    },
  },
  {
    section: "First requests",
    check: ({ stdout }) => {
      expect(stdout.match(/"countryCode": "GB"/g)).toHaveLength(2);
      expect(stdout).toContain("geomesh.geo.v1.GeoService/GetLocation");
    },
  },
  {
    section: "First requests",
    check: ({ stdout }) => {
      expect(stdout).toContain('"planId": "operator"');
      expect(stdout).toContain('"totals":');
    },
  },
];
