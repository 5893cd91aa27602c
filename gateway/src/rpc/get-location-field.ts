import { create, toBinary } from "@bufbuild/protobuf";
import {
  type GeoService,
  type GetLocationFieldRequest,
  GetLocationFieldResponseSchema,
} from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { LocationResultSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_result_pb";
import type { AppError, FieldProblem } from "@geomesh/runtime/errors";
import {
  readValuePath,
  VALUE_MEDIA_TYPE,
  type ValuePath,
  valueText,
} from "@geomesh/terms/location-value";
import type { FrameAnswers } from "../lookups/frame-answers.ts";
import type { LookupResponse } from "../lookups/lookup.ts";
import type { Lookups } from "../lookups/lookups.ts";
import type { MeteredHandler } from "../operations/handler.ts";
import type { AnswerHeaders, Body } from "../operations/outcome.ts";
import { WireFields } from "../transcode/wire-fields.ts";
import { askedAddress } from "./get-location.ts";
import { askedLocations } from "./questions.ts";

const LOCATION = LocationResultSchema.field.location.number;

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
    const path = readValuePath(request.field);
    if (typeof path === "string") throw new Error("the request was not checked");
    const asked = askedLocations(request, asker.call);
    const ipAddresses = [askedAddress(request.ipAddress, admitted.principal, asker.call)];
    lookups.start(
      admitted,
      asker,
      { ...asked, ipAddresses },
      new ValueResponse(path, asked.headers),
    );
  };
}

/** A GetLocationFieldResponse, or the error of its address. */
class ValueResponse implements LookupResponse {
  readonly headers: AnswerHeaders;
  readonly isUnchanged = false;
  readonly #path: ValuePath;
  problem: AppError | undefined;
  #text = "";

  constructor(path: ValuePath, headers: AnswerHeaders) {
    this.#path = path;
    this.headers = headers;
  }

  take(answers: FrameAnswers, at: number): void {
    this.problem = answers.problemOf(at);
    if (this.problem !== undefined) return;
    this.#text = valueText(locationIn(answers.resultBytesOf(at)), this.#path);
  }

  body(): Body {
    const data = Buffer.from(this.#text);
    const response = create(GetLocationFieldResponseSchema, {
      body: { contentType: VALUE_MEDIA_TYPE, data },
    });
    return { form: "message", bytes: toBinary(GetLocationFieldResponseSchema, response) };
  }
}

/** The encoded Location of an encoded LocationResult. */
function locationIn(result: Uint8Array): Uint8Array {
  const bytes = Buffer.from(result.buffer, result.byteOffset, result.byteLength);
  const fields = new WireFields().open(bytes, 0, bytes.length);
  while (fields.next()) {
    if (fields.number === LOCATION) return bytes.subarray(fields.start, fields.end);
  }
  return bytes.subarray(0, 0);
}
