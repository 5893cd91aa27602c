import { LocationSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_pb";
import { type FieldProblem, invalidArgument } from "@geomesh/runtime/errors";
import { LANGUAGE_DEFAULT } from "@geomesh/terms/languages";
import {
  readSelection,
  type Selection,
  type SelectionMistake,
  selects,
} from "@geomesh/terms/selection";
import type { Question } from "../lookups/lookup.ts";
import type { Call } from "../operations/call.ts";
import type { AnswerHeaders } from "../operations/outcome.ts";

const NO_PATHS: readonly string[] = [];

/** What requests for locations say beside their addresses. */
export interface LocationOptions {
  readonly language: string;
  readonly fields?: { readonly paths: readonly string[] } | undefined;
  readonly excludeFields?: { readonly paths: readonly string[] } | undefined;
}

/** How locations are asked for and answered. */
export interface AskedLocations extends Omit<Question, "ipAddresses"> {
  readonly selection: Selection;
  /** Of the answer. */
  readonly headers: AnswerHeaders;
}

/** What is wrong with the keys that a request names. */
export function selectionMistakes(request: LocationOptions): readonly FieldProblem[] {
  const selection = selectionOf(request);
  return isMistaken(selection) ? selection : NO_MISTAKES;
}

/** The question of a request whose keys were checked. Errors: INVALID_ARGUMENT where they were not. */
export function askedLocations(request: LocationOptions, call: Call): AskedLocations {
  const selection = selectionOf(request);
  if (isMistaken(selection)) throw invalidArgument(selection);
  const language = request.language || (call.language ?? LANGUAGE_DEFAULT);
  return {
    // Requests without a language and those for its name travel together.
    language: language === LANGUAGE_DEFAULT ? "" : language,
    withNames: selects(selection, LocationSchema.field.names),
    selection,
    headers: { "content-language": language, ...VARIES },
  };
}

const NO_MISTAKES: readonly FieldProblem[] = [];
const VARIES = { vary: "Accept-Language" };

function selectionOf({
  fields,
  excludeFields,
}: LocationOptions): Selection | readonly SelectionMistake[] {
  return readSelection({
    fields: fields?.paths ?? NO_PATHS,
    excludeFields: excludeFields?.paths ?? NO_PATHS,
  });
}

const isMistaken = (
  selection: Selection | readonly SelectionMistake[],
): selection is readonly SelectionMistake[] => Array.isArray(selection);
