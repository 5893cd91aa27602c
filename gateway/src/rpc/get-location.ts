import { hash } from "node:crypto";
import type {
  GeoService,
  GetLocationRequest,
} from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import type { AppError, FieldProblem } from "@geomesh/runtime/errors";
import { BAD_ADDRESS, canonicalAddress } from "@geomesh/terms/canonical-address";
import { DEFAULT_SELECTION, type Selection } from "@geomesh/terms/selection";
import { TEST_ADDRESSES } from "@geomesh/terms/test-addresses";
import { isTestKey, type Principal } from "../keys/key-table.ts";
import type { FrameAnswers } from "../lookups/frame-answers.ts";
import type { LookupResponse } from "../lookups/lookup.ts";
import type { Lookups } from "../lookups/lookups.ts";
import type { Asker } from "../operations/asker.ts";
import type { Call } from "../operations/call.ts";
import type { MeteredHandler } from "../operations/handler.ts";
import type { AnswerHeaders, Body } from "../operations/outcome.ts";
import { type AskedLocations, askedLocations } from "./questions.ts";

const CALLER = "me";
const ETAG_CHARS = 16;
/** Of the tag, what the selection is. */
const ENDING_CHARS = 8;
const UNCHANGED: Body = { form: "unchanged" };

/** What is wrong with the address of a request; geo says the same of one that has no other mistake. */
export const addressMistakes = ({
  ipAddress,
}: Pick<GetLocationRequest, "ipAddress">): readonly FieldProblem[] =>
  ipAddress === CALLER || canonicalAddress(ipAddress) !== undefined
    ? []
    : [{ field: "ip_address", description: BAD_ADDRESS }];

/**
 * Locates one address; `me` is the caller's, for a test key the first test address. An asker that has the answer already is told
 * so, which costs nothing. Errors: INVALID_ARGUMENT, TEST_ADDRESS_REQUIRED, those of `Lookups.start`.
 */
export function getLocation(
  lookups: Pick<Lookups, "start">,
): MeteredHandler<typeof GeoService.method.getLocation> {
  return (request, admitted, asker) => {
    const asked = askedLocations(request, asker.call, admitted.principal.plan);
    const ipAddresses = [askedAddress(request.ipAddress, admitted.principal, asker.call)];
    const response = new LocationResponse(asker, asked);
    lookups.start(admitted, asker, { ...asked, ipAddresses }, response);
  };
}

/** The address that a request is about: the text that it has, or what `me` stands for. */
export function askedAddress(text: string, principal: Principal, call: Call): string {
  if (text !== CALLER) return text;
  return isTestKey(principal) ? TEST_ADDRESSES[0].address : call.clientAddress;
}

/** A GetLocationResponse, or the error of its address. Its JSON is the location: the contract's `response_body`. */
class LocationResponse implements LookupResponse {
  readonly #asker: Asker;
  readonly #asked: AskedLocations;
  problem: AppError | undefined;
  #etag = "";
  #body: Body | undefined;

  constructor(asker: Asker, asked: AskedLocations) {
    this.#asker = asker;
    this.#asked = asked;
  }

  get isUnchanged(): boolean {
    return this.#body === UNCHANGED;
  }

  get headers(): AnswerHeaders {
    return { etag: this.#etag, ...this.#asked.headers };
  }

  take(answers: FrameAnswers, at: number): void {
    this.problem = answers.problemOf(at);
    if (this.problem !== undefined) return;
    const { selection } = this.#asked;
    this.#etag = etagOf(answers.stateOf(at), selection);
    if (this.#asker.has(this.#etag)) this.#body = UNCHANGED;
    else if (this.#asker.form === "json") {
      this.#body = { form: "json", json: `${answers.locationJsonOf(at, selection)}\n` };
    } else {
      // A LocationResult with a location has the bytes of a GetLocationResponse: both have the location in field 1.
      this.#body = { form: "message", bytes: answers.resultBytesOf(at, selection) };
    }
  }

  body(): Body {
    if (this.#body === undefined) throw new Error("the address has no answer");
    return this.#body;
  }
}

/** A weak tag (RFC 9110, section 8.8.1): the clock of the time zone goes on under it. */
function etagOf(state: string, selection: Selection): string {
  return `W/"${state.slice(0, ETAG_CHARS)}${endingOf(selection)}"`;
}

const ENDINGS = new WeakMap<Selection, string>();

/** What tells the tags of selections apart; nothing for the one where a request names none. */
function endingOf(selection: Selection): string {
  if (selection === DEFAULT_SELECTION) return "";
  const known = ENDINGS.get(selection);
  if (known !== undefined) return known;
  const ending = hash("sha256", selection.key, "base64url").slice(0, ENDING_CHARS);
  ENDINGS.set(selection, ending);
  return ending;
}
