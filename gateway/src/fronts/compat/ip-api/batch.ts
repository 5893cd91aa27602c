import type { JsonValue } from "@bufbuild/protobuf";
import type { LocationResult } from "@geomesh/proto/es/geomesh/geo/v1/location_result_pb";
import { invalidArgument } from "@geomesh/runtime/errors";
import type { AllowedGroups } from "@geomesh/terms/field-groups";
import { parseJson } from "../../../http/read-body.ts";
import { onlyAddress } from "../addresses.ts";
import { jsonAnswer } from "../answers.ts";
import type { FacadeRequest, Question } from "../facade.ts";
import { languageOf } from "../location.ts";
import { allowsNames, askLocations } from "../questions.ts";
import { standingHeaders, TOO_MANY } from "./errors.ts";
import { fieldsOf, type IpApiField } from "./fields.ts";
import { ipApiFailure, ipApiLocation } from "./location.ts";

const ENTRIES_MAX = 100;

/** An entry of a batch. */
interface Entry {
  /** As it was given. */
  readonly query: string;
  readonly fields: ReadonlySet<IpApiField>;
  readonly language: string;
  readonly groups: AllowedGroups | undefined;
}

/**
 * Asks for a batch of addresses, or objects that say for one address which fields and language are wanted; the answers have
 * their order. Errors: INVALID_ARGUMENT.
 */
export function askBatch({ body, parameter, groups }: FacadeRequest): Question {
  const json = parseJson(body);
  if (!Array.isArray(json)) throw invalidBatch("must be an array");
  if (json.length > ENTRIES_MAX) {
    throw invalidBatch(`must have at most ${ENTRIES_MAX} entries`, TOO_MANY);
  }
  const language = languageOf(parameter("lang"));
  const usual = { fields: fieldsOf(parameter("fields")), language, groups };
  const entries = json.map((value) => entryOf(value, usual));
  const hasNames = allowsNames(groups) && entries.some((entry) => entry.language !== language);
  const addresses = entries.map(({ query }) => onlyAddress(query));
  return askLocations(addresses, { language, hasNames }, (results, limits) => {
    const answers = entries.map((entry, at) => answerOf(entry, results[at], hasNames));
    return jsonAnswer(200, answers, standingHeaders(limits));
  });
}

function answerOf(entry: Entry, result: LocationResult | undefined, hasNames: boolean) {
  const { query, fields, language, groups } = entry;
  if (result?.result.case !== "location") return ipApiFailure("invalid query", query, fields);
  return ipApiLocation(result.result.value, {
    ...{ fields, groups },
    language: hasNames ? language : undefined,
  });
}

function entryOf(value: JsonValue, usual: Omit<Entry, "query">): Entry {
  if (typeof value === "string") return { ...usual, query: value };
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalidBatch("must have texts or objects");
  }
  const { query, fields, lang } = value;
  if (typeof query !== "string") throw invalidBatch("must name a query in each object");
  return {
    ...usual,
    query,
    fields: fields === undefined ? usual.fields : fieldsOf(`${fields}`),
    language: lang === undefined ? usual.language : languageOf(`${lang}`),
  };
}

const invalidBatch = (description: string, reason?: string) =>
  invalidArgument([{ field: "body", description, reason }]);
