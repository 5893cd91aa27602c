/** Where the satellites of a network are, or that it resells those of others to ships, aircraft and remote places. */
export type SatelliteReason = "low" | "medium" | "geostationary" | "reseller";

/**
 * Networks whose customers are connected by satellites in `low`, `medium` or `geostationary` orbit.
 *
 * Not listed are networks that have cables as well, and the offices of satellite companies, such as 27277 of SpaceX. So the table never says
 * that a network is not one by satellite.
 */
export const SATELLITE_SYSTEMS: readonly (readonly [
  asn: number,
  operator: string,
  reason: SatelliteReason,
])[] = [
  [800, "OneWeb", "low"],
  [1358, "HughesNet", "geostationary"],
  [4913, "Speedcast", "reseller"],
  [5377, "Marlink", "reseller"],
  [6621, "HughesNet", "geostationary"],
  [7155, "Viasat", "geostationary"],
  [12440, "Hughes Europe", "geostationary"],
  [12684, "SES Astra", "geostationary"],
  [14593, "SpaceX (Starlink)", "low"],
  [15829, "Eutelsat", "geostationary"],
  [16491, "Viasat", "geostationary"],
  [22184, "Iridium", "low"],
  [22351, "Intelsat", "geostationary"],
  [25222, "Inmarsat Solutions", "geostationary"],
  [25687, "KVH Industries", "reseller"],
  [26243, "Intelsat", "geostationary"],
  [28613, "Hughes do Brasil", "geostationary"],
  [29286, "Skylogic (Eutelsat)", "geostationary"],
  [31515, "Inmarsat", "geostationary"],
  [31753, "Inmarsat Government", "geostationary"],
  [32034, "Speedcast", "reseller"],
  [34444, "Eutelsat", "geostationary"],
  [38456, "Speedcast", "reseller"],
  [39356, "Avanti", "geostationary"],
  [40306, "Viasat", "geostationary"],
  [40311, "Viasat", "geostationary"],
  [44933, "Marlink", "reseller"],
  [60725, "SES (O3b)", "medium"],
  [63062, "HughesNet", "geostationary"],
  [135409, "Kacific", "geostationary"],
  [201935, "Skylogic Mediterraneo (Eutelsat)", "geostationary"],
  [206283, "Star Satellite (Yahsat)", "geostationary"],
  [210314, "Marlink", "reseller"],
  [265705, "Hughes de Colombia", "geostationary"],
  [328306, "Avanti", "geostationary"],
];
