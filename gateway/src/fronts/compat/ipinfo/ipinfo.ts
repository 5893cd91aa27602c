import { GeoService } from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { MeteringService } from "@geomesh/proto/es/geomesh/metering/v1/metering_service_pb";
import { AppError } from "@geomesh/runtime/errors";
import { KEY_PARAMETER } from "../../../http/credential.ts";
import { onlyAddress } from "../addresses.ts";
import { jsonAnswer, textAnswer } from "../answers.ts";
import type { Answer, Facade, FacadeRoute, Question } from "../facade.ts";
import { ROOTS } from "../hosts.ts";
import { askLocation, CALLER } from "../questions.ts";
import { askBatch } from "./batch.ts";
import { ipinfoError, WRONG_FIELD } from "./errors.ts";
import { ipinfoLocation, ipinfoText, isIpinfoField } from "./location.ts";
import { askQuota } from "./quota.ts";

const { getLocation, batchGetLocations } = GeoService.method;
const { getQuota } = MeteringService.method;

/** ipinfo's API. Its clients take a base URL, so it has a root of its own. */
export const IPINFO: Facade = {
  name: "ipinfo",
  root: ROOTS.ipinfo,
  places: { parameters: [KEY_PARAMETER, "token"], basicKey: (token) => token },
  writeError: ipinfoError,
  routes: [
    get("", () => askWhole(CALLER)),
    get("/json", () => askWhole(CALLER)),
    { method: "GET", path: "/me", rpc: getQuota, ask: askQuota },
    get("/{ip}", ({ ip = "" }) =>
      isIpinfoField(ip) ? askField(CALLER, ip) : askWhole(onlyAddress(ip)),
    ),
    get("/{ip}/json", ({ ip = "" }) => askWhole(onlyAddress(ip))),
    get("/{ip}/{field}", ({ ip = "", field = "" }) => askField(onlyAddress(ip), field)),
    { method: "POST", path: "/batch", rpc: batchGetLocations, ask: askBatch },
  ],
};

function get(
  path: string,
  ask: (variables: Readonly<Record<string, string>>) => Question,
): FacadeRoute {
  return { method: "GET", path, rpc: getLocation, ask: ({ variables }) => ask(variables) };
}

function askWhole(address: string): Question {
  return askLocation(address, {}, (location) => jsonAnswer(200, ipinfoLocation(location)));
}

/** Errors: NOT_FOUND for what is no field. */
function askField(address: string, field: string): Question {
  if (!isIpinfoField(field))
    throw new AppError("NOT_FOUND", { message: WRONG_FIELD.error.message });
  return askLocation(address, {}, (location): Answer => textAnswer(ipinfoText(location, field)));
}
