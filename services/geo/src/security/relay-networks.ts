/**
 * The networks from which the users of relays come: of Apple's iCloud Private Relay, by its carriers, and of Cloudflare WARP. They
 * are summed up from what Apple and the carriers publish: Apple's list has a million rows. Only what is egress and nothing else is
 * listed, so that no edge of a delivery network counts as a relay. WARP has more addresses, among others that Cloudflare uses otherwise.
 */
export const RELAY_NETWORKS: readonly (readonly [
  block: string,
  carrier: string,
  reason: string,
])[] = [
  [
    "104.28.0.0/16",
    "Cloudflare",
    "egress of WARP and, from 104.28.28.0 on, of Private Relay; no network of its delivery, which ends at 104.27.255.255",
  ],
  ["2606:54c0::/32", "Cloudflare", "egress of Private Relay, which lists four fifths of it"],
  ["2606:54c3::/48", "Cloudflare", "egress of Private Relay"],
  [
    "2a09:bac0::/29",
    "Cloudflare",
    "egress of WARP; 2a09:bac2::/32 and 2a09:bac3::/32 are of Private Relay too",
  ],
  [
    "140.248.0.0/18",
    "Fastly",
    "egress of Private Relay; its delivery has the rest of 140.248.0.0/16",
  ],
  [
    "146.75.128.0/17",
    "Fastly",
    "egress of Private Relay; its delivery has the other half of 146.75.0.0/16",
  ],
  [
    "2a04:4e41::/32",
    "Fastly",
    "egress of Private Relay; its delivery has 2a04:4e40::/32 and 2a04:4e42::/32",
  ],
  ["172.224.224.0/19", "Akamai", "egress of Private Relay, announced by 36183"],
  ["172.225.0.0/16", "Akamai", "egress of Private Relay, announced by 36183"],
  ["172.226.0.0/16", "Akamai", "egress of Private Relay, announced by 36183"],
  [
    "2a02:26f7::/32",
    "Akamai",
    "egress of Private Relay, announced by 36183 and, for the most part, by 20940",
  ],
];

/** Systems that serve nothing but relays: all that 36183 of Akamai announces is ingress and egress of Private Relay. */
export const RELAY_SYSTEMS: readonly (readonly [asn: number, carrier: string, reason: string])[] = [
  [36183, "Akamai", "ingress and egress of Private Relay"],
];
