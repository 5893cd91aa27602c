/** An address that test keys may ask for. */
export interface TestAddress {
  /** In the canonical form of RFC 5952. */
  readonly address: string;
  /** What it is good for in a test, as docs/api.md says it. */
  readonly why: string;
}

/**
 * The only addresses that a test key gets an answer for. `me` stands for the first. What is answered comes from the datasets
 * of the installation; the reasons here are those of the datasets that it ships with.
 */
export const TEST_ADDRESSES: readonly [TestAddress, ...TestAddress[]] = [
  { address: "81.2.69.142", why: "a city with region and postal code, in the United Kingdom" },
  { address: "2001:218::1", why: "a country without a city over IPv6, in Japan" },
  { address: "2001:67c:2e8::1", why: "a city over IPv6, in the European Union" },
  { address: "2a00:1450:4001::1", why: "located in Germany, registered in Ireland" },
  { address: "8.8.8.8", why: "a country with coordinates and no city" },
  { address: "1.1.1.1", why: "no place, only a registered country and a network" },
  { address: "49.36.0.1", why: "a time zone of half hours, in India" },
  { address: "103.1.92.1", why: "a time zone of quarter hours, in Nepal" },
  { address: "200.160.2.3", why: "south of the equator, with accents in its names" },
  { address: "203.97.33.1", why: "close to the date line, in New Zealand" },
  { address: "10.0.0.1", why: "special-purpose: Private-Use" },
  { address: "2001:db8::1", why: "special-purpose: Documentation" },
];
