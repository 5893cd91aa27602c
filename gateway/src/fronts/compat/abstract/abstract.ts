import { GeoService } from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { invalidArgument } from "@geomesh/runtime/errors";
import { USUAL_PLACES } from "../../../http/credential.ts";
import { emptyAnswer, jsonAnswer } from "../answers.ts";
import type { Facade, FacadeRequest } from "../facade.ts";
import { isUnknown, languageOf } from "../location.ts";
import { askLocation, CALLER } from "../questions.ts";
import { abstractError } from "./errors.ts";
import { ABSTRACT_KEYS, abstractLocation } from "./location.ts";

/** Abstract's IP Geolocation API, at the paths of its own. An address without a location is a 204. */
export const ABSTRACT: Facade = {
  name: "abstract",
  root: "",
  places: USUAL_PLACES,
  writeError: abstractError,
  routes: [
    {
      method: "GET",
      path: "/v1",
      rpc: GeoService.method.getLocation,
      ask(request) {
        const keys = keysOf(request);
        const address = request.parameter("ip_address") || CALLER;
        const language = languageOf(request.parameter("lang"));
        return askLocation(address, { language }, (location) => {
          const hasLocation =
            location.specialPurpose === undefined && !isUnknown(location, request.groups);
          return hasLocation ? jsonAnswer(200, abstractLocation(location, keys)) : emptyAnswer(204);
        });
      },
    },
  ],
};

/** The keys that are answered; undefined for all. Errors: INVALID_ARGUMENT for a name that is no key of a location. */
function keysOf({ parameter }: FacadeRequest): ReadonlySet<string> | undefined {
  const names = (parameter("fields") ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  const unknown = names.find((name) => !ABSTRACT_KEYS.has(name));
  if (unknown !== undefined) {
    const description = `a location has no key ${JSON.stringify(unknown)}`;
    throw invalidArgument([{ field: "fields", description }]);
  }
  return names.length === 0 ? undefined : new Set(names);
}
