import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import {
  type GeoService,
  type GetLocationFieldRequest,
  GetLocationFieldResponseSchema,
} from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { HttpBodySchema } from "@geomesh/proto/es/google/api/httpbody_pb";
import type { AppError, FieldProblem } from "@geomesh/runtime/errors";
import { readValuePath, VALUE_MEDIA_TYPE } from "@geomesh/terms/location-value";
import type { Selection } from "@geomesh/terms/selection";
import type { FrameAnswers } from "../lookups/frame-answers.ts";
import type { LookupResponse } from "../lookups/lookup.ts";
import type { Lookups } from "../lookups/lookups.ts";
import type { MeteredHandler } from "../operations/handler.ts";
import type { AnswerHeaders, Body } from "../operations/outcome.ts";
import { askedAddress } from "./get-location.ts";
import { type AskedLocations, askedLocations } from "./questions.ts";

const UNKNOWN = "\n";
const BODY_NUMBER = GetLocationFieldResponseSchema.field.body.number;
const HTTP_BODY = HttpBodySchema.field;

/** What is wrong with the name of the value. */
export function fieldMistakes({ field }: GetLocationFieldRequest): readonly FieldProblem[] {
  const path = readValuePath(field);
  return typeof path === "string" ? [{ field: "field", description: path }] : [];
}

/** Locates one address, and answers one value of it as text. Errors: as `getLocation`. */
export function getLocationField(
  lookups: Pick<Lookups, "start">,
): MeteredHandler<typeof GeoService.method.getLocationField> {
  return (request, admitted, asker) => {
    const { field, language } = request;
    const options = { language, fields: { paths: [field] } };
    const asked = askedLocations(options, asker.call, admitted.principal.plan);
    const ipAddresses = [askedAddress(request.ipAddress, admitted.principal, asker.call)];
    const response = new ValueResponse(field.split("."), asked);
    lookups.start(admitted, asker, { ...asked, ipAddresses }, response);
  };
}

/** A GetLocationFieldResponse, or the error of its address. */
class ValueResponse implements LookupResponse {
  readonly headers: AnswerHeaders;
  readonly isUnchanged = false;
  /** Of the value, and before it of the objects around it. */
  readonly #names: readonly string[];
  readonly #selection: Selection;
  problem: AppError | undefined;
  #text = "";

  constructor(names: readonly string[], { selection, headers }: AskedLocations) {
    this.#names = names;
    this.#selection = selection;
    this.headers = headers;
  }

  take(answers: FrameAnswers, at: number): void {
    this.problem = answers.problemOf(at);
    if (this.problem !== undefined) return;
    this.#text = lineOf(answers.locationJsonOf(at, this.#selection), this.#names);
  }

  body(): Body {
    const body = new BinaryWriter()
      .tag(HTTP_BODY.contentType.number, WireType.LengthDelimited)
      .string(VALUE_MEDIA_TYPE)
      .tag(HTTP_BODY.data.number, WireType.LengthDelimited)
      .bytes(Buffer.from(this.#text))
      .finish();
    const response = new BinaryWriter().tag(BODY_NUMBER, WireType.LengthDelimited).bytes(body);
    return { form: "message", bytes: response.finish() };
  }
}

/**
 * The line of `valueText`, from the JSON of a location with one character a byte that has this value alone. That JSON is kept for
 * each part, so that it takes a fraction of the time that decoding a location does.
 */
function lineOf(json: string, names: readonly string[]): string {
  let value: unknown = JSON.parse(Buffer.from(json, "latin1").toString());
  for (const name of names) value = (value as Readonly<Record<string, unknown>>)[name];
  return value === null ? UNKNOWN : `${value}\n`;
}
