import type { Location } from "@geomesh/proto/grpc/geomesh/geo/v1/location";

type PlaceField =
  | "city"
  | "cityGeonameId"
  | "region"
  | "regionIsoCode"
  | "regionGeonameId"
  | "postalCode"
  | "country"
  | "countryCode"
  | "countryGeonameId"
  | "countryIsEu"
  | "registeredCountryCode"
  | "continent"
  | "continentCode"
  | "continentGeonameId"
  | "latitude"
  | "longitude"
  | "accuracyRadiusKm";

/** Where an address is, as one record says it in one language. */
export type Place = Pick<Location, PlaceField> & { timezoneName?: string | undefined };
