import { GeoService } from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { onlyAddress } from "../addresses.ts";
import { jsonAnswer } from "../answers.ts";
import type { Facade, FacadeRoute } from "../facade.ts";
import { isUnknown } from "../location.ts";
import { allowsNames, askLocation, CALLER } from "../questions.ts";
import { leftOfMonth } from "../standing.ts";
import { MAXMIND_PLACES } from "./credential.ts";
import { ADDRESS_ERRORS, addressRequired, maxmindError } from "./errors.ts";
import { maxmindLocation, PRODUCTS, type Product } from "./location.ts";

/** MaxMind's GeoIP2 web service, at the paths of its own, since its clients take a host only. */
export const MAXMIND: Facade = {
  name: "maxmind",
  root: "",
  places: MAXMIND_PLACES,
  writeError: maxmindError,
  routes: PRODUCTS.flatMap((product) => [routeOf(product), routeWithoutAddress(product)]),
};

function routeWithoutAddress(product: Product): FacadeRoute {
  return {
    method: "GET",
    path: `/geoip/v2.1/${product}`,
    rpc: GeoService.method.getLocation,
    ask() {
      throw addressRequired();
    },
  };
}

function routeOf(product: Product): FacadeRoute {
  const type = `application/vnd.maxmind.com-${product}+json; charset=UTF-8; version=2.1`;
  return {
    method: "GET",
    path: `/geoip/v2.1/${product}/{ip_address}`,
    rpc: GeoService.method.getLocation,
    ask({ variables: { ip_address: text = "" }, groups }) {
      const address = text === CALLER ? CALLER : onlyAddress(text);
      return askLocation(address, { hasNames: allowsNames(groups) }, (location, limits) => {
        const { ipAddress = "", specialPurpose } = location;
        if (specialPurpose !== undefined) return ADDRESS_ERRORS.reserved(ipAddress);
        if (isUnknown(location, groups)) return ADDRESS_ERRORS.notFound(ipAddress);
        const queriesRemaining = leftOfMonth(limits)?.remaining;
        const body = maxmindLocation(location, { product, queriesRemaining });
        return jsonAnswer(200, body, { "content-type": type });
      });
    },
  };
}
