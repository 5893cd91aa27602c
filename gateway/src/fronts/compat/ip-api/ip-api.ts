import { GeoService } from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { KEY_PARAMETER } from "../../../http/credential.ts";
import { isBadAddress, onlyAddress } from "../addresses.ts";
import { jsonAnswer } from "../answers.ts";
import type { Facade, FacadeRequest, Question } from "../facade.ts";
import { ROOTS } from "../hosts.ts";
import { languageOf } from "../location.ts";
import { askLocation, CALLER } from "../questions.ts";
import { askBatch } from "./batch.ts";
import { ipApiError, standingHeaders } from "./errors.ts";
import { fieldsOf } from "./fields.ts";
import { ipApiFailure, ipApiLocation } from "./location.ts";

const { getLocation, batchGetLocations } = GeoService.method;

/** ip-api's API in JSON, under a root of its own. */
export const IP_API: Facade = {
  name: "ip-api",
  root: ROOTS["ip-api"],
  places: { parameters: [KEY_PARAMETER, "key"] },
  writeError: ipApiError,
  routes: [
    { method: "GET", path: "/json", rpc: getLocation, ask: askOne },
    { method: "GET", path: "/json/{query}", rpc: getLocation, ask: askOne },
    { method: "POST", path: "/batch", rpc: batchGetLocations, ask: askBatch },
  ],
};

/** Asks for one address; without one, for the caller's. What is no address is a failure, not an error. */
function askOne({ variables: { query }, parameter, groups }: FacadeRequest): Question {
  const fields = fieldsOf(parameter("fields"));
  const language = languageOf(parameter("lang"));
  const address = query === undefined ? CALLER : onlyAddress(query);
  const question = askLocation(address, { language }, (location, limits) =>
    jsonAnswer(200, ipApiLocation(location, { fields, groups }), standingHeaders(limits)),
  );
  return {
    ...question,
    answerError: (error) =>
      isBadAddress(error)
        ? jsonAnswer(200, ipApiFailure("invalid query", query ?? "", fields))
        : undefined,
  };
}
