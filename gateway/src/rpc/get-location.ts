import type {
  GeoService,
  GetLocationRequest,
} from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import type { AppError, FieldProblem } from "@geomesh/runtime/errors";
import { BAD_ADDRESS, canonicalAddress } from "@geomesh/terms/canonical-address";
import { TEST_ADDRESSES } from "@geomesh/terms/test-addresses";
import { isTestKey, type Principal } from "../keys/key-table.ts";
import type { FrameAnswers } from "../lookups/frame-answers.ts";
import type { LookupResponse } from "../lookups/lookup.ts";
import type { Lookups } from "../lookups/lookups.ts";
import type { Call } from "../operations/call.ts";
import type { MeteredHandler } from "../operations/handler.ts";
import type { Body } from "../operations/outcome.ts";

const CALLER = "me";

/** What is wrong with the address of a request; geo says the same of one that has no other mistake. */
export const addressMistakes = ({ ipAddress }: GetLocationRequest): readonly FieldProblem[] =>
  ipAddress === CALLER || canonicalAddress(ipAddress) !== undefined
    ? []
    : [{ field: "ip_address", description: BAD_ADDRESS }];

/**
 * Locates one address; `me` is the caller's, for a test key the first test address. Errors: INVALID_ARGUMENT,
 * TEST_ADDRESS_REQUIRED, those of `Lookups.start`.
 */
export function getLocation(
  lookups: Pick<Lookups, "start">,
): MeteredHandler<typeof GeoService.method.getLocation> {
  return ({ ipAddress, language }, admitted, asker) => {
    const asked = ipAddress === CALLER ? callerAddress(admitted.principal, asker.call) : ipAddress;
    const question = { ipAddresses: [asked], language };
    lookups.start(admitted, asker, question, new LocationResponse(asker.form));
  };
}

function callerAddress(principal: Principal, { clientAddress }: Call): string {
  return isTestKey(principal) ? TEST_ADDRESSES[0].address : clientAddress;
}

/** A GetLocationResponse, or the error of its address. Its JSON is the location: the contract's `response_body`. */
class LocationResponse implements LookupResponse {
  readonly #form: Body["form"];
  problem: AppError | undefined;
  #body: Body | undefined;

  constructor(form: Body["form"]) {
    this.#form = form;
  }

  take(answers: FrameAnswers, at: number): void {
    this.problem = answers.problemOf(at);
    if (this.problem !== undefined) return;
    // A LocationResult with a location has the bytes of a GetLocationResponse: both have the location in field 1.
    this.#body =
      this.#form === "json"
        ? { form: "json", json: `${answers.locationJsonOf(at)}\n` }
        : { form: "message", bytes: answers.resultBytesOf(at) };
  }

  body(): Body {
    if (this.#body === undefined) throw new Error("the address has no answer");
    return this.#body;
  }
}
