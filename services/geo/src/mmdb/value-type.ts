/** The types of values and their numbers. Source: https://maxmind.github.io/MaxMind-DB/, section Output Data Section */
export const VALUE_TYPE = {
  pointer: 1,
  text: 2,
  double: 3,
  bytes: 4,
  uint16: 5,
  uint32: 6,
  map: 7,
  int32: 8,
  uint64: 9,
  uint128: 10,
  array: 11,
  boolean: 14,
  float: 15,
} as const;
