import { create, toBinary } from "@bufbuild/protobuf";
import { GetLocationFieldResponseSchema } from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import type { GetLocationFieldRequest } from "@geomesh/proto/grpc/geomesh/geo/v1/geo_service";
import { invalidArgument } from "@geomesh/runtime/errors";
import { readValuePath, VALUE_MEDIA_TYPE, valueText } from "@geomesh/terms/location-value";
import { requestLanguage } from "../layers/languages.ts";
import type { LookupContext } from "./lookup-context.ts";
import { addressMistakes, languageMistakes } from "./read-wanted.ts";

/** Answers an encoded GetLocationFieldResponse. Errors: INVALID_ARGUMENT, DATASET_MISSING. */
export function getLocationField(context: LookupContext) {
  return ({ ipAddress, field, language: text }: GetLocationFieldRequest): Buffer => {
    const language = requestLanguage(text);
    const path = readValuePath(field);
    if (language === undefined || typeof path === "string") {
      throw invalidArgument([
        ...addressMistakes(ipAddress),
        ...(typeof path === "string" ? [{ field: "field", description: path }] : []),
        ...languageMistakes(text),
      ]);
    }
    const naming = { language, withNames: path.isOptIn };
    const composer = context.composerFor(1);
    const location = context.answers.bare(composer, Buffer.from(ipAddress), naming);
    if (location === undefined) throw invalidArgument(addressMistakes(ipAddress));
    const data = Buffer.from(valueText(location, path));
    const response = { body: { contentType: VALUE_MEDIA_TYPE, data } };
    return Buffer.from(
      toBinary(GetLocationFieldResponseSchema, create(GetLocationFieldResponseSchema, response)),
    );
  };
}
