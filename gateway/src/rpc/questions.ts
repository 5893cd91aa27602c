import type { Plan } from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import { AppError, type FieldProblem, invalidArgument } from "@geomesh/runtime/errors";
import { allowedGroups } from "@geomesh/terms/field-groups";
import { LANGUAGE_DEFAULT } from "@geomesh/terms/languages";
import {
  readSelection,
  type Selection,
  type SelectionMistake,
  selectsOptIn,
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

/** Refuses a request that names keys which a plan does not allow. Errors: PLAN_FORBIDDEN; INVALID_ARGUMENT where no key is left. */
export function requireAllowedKeys(request: LocationOptions, plan: Plan): void {
  if (plan.fieldGroups.length > 0) allowedSelection(request, plan);
}

/** Refuses a request for a value of a key that a plan does not allow. Errors: PLAN_FORBIDDEN. */
export function requireAllowedValue(
  { field }: { readonly field: string },
  { fieldGroups }: Plan,
): void {
  if (fieldGroups.length === 0) return;
  const selection = selectionOf({ language: "", fields: { paths: [field] } }, fieldGroups);
  if (isMistaken(selection)) throw refusal(selection, "field");
}

/** The question of a request whose keys were checked, by the plan of who asks. Errors: as `requireAllowedKeys` where they were not. */
export function askedLocations(request: LocationOptions, call: Call, plan: Plan): AskedLocations {
  const selection = allowedSelection(request, plan);
  const language = request.language || (call.language ?? LANGUAGE_DEFAULT);
  return {
    // Requests without a language and those for its name travel together.
    language: language === LANGUAGE_DEFAULT ? "" : language,
    withNames: selectsOptIn(selection),
    selection,
    headers: { "content-language": language, ...VARIES },
  };
}

function allowedSelection(request: LocationOptions, { fieldGroups }: Plan): Selection {
  const selection = selectionOf(request, fieldGroups);
  if (isMistaken(selection)) throw refusal(selection, "fields");
  return selection;
}

/** `named` is the field of the request that names keys. */
function refusal(mistakes: readonly SelectionMistake[], named: string): AppError {
  const groups = new Set(mistakes.flatMap(({ group = [] }) => group));
  if (groups.size === 0) return invalidArgument(mistakes);
  return new AppError("PLAN_FORBIDDEN", {
    message: `the plan does not allow keys of ${[...groups].map((name) => `"${name}"`).join(", ")}`,
    fields: mistakes.map(({ description }) => ({ field: named, description })),
  });
}

const NO_MISTAKES: readonly FieldProblem[] = [];
const ALL_GROUPS: readonly string[] = [];
const VARIES = { vary: "Accept-Language" };

function selectionOf(
  { fields, excludeFields }: LocationOptions,
  fieldGroups = ALL_GROUPS,
): Selection | readonly SelectionMistake[] {
  return readSelection({
    fields: fields?.paths ?? NO_PATHS,
    excludeFields: excludeFields?.paths ?? NO_PATHS,
    groups: allowedGroups(fieldGroups),
  });
}

const isMistaken = (
  selection: Selection | readonly SelectionMistake[],
): selection is readonly SelectionMistake[] => Array.isArray(selection);
