import type { DescMessage, JsonObject } from "@bufbuild/protobuf";
import type { OptionReader } from "../openapi/options.ts";

/** What every plan answers of a location. */
const IN_NO_GROUP = ["ip_address", "network", "special_purpose", "is_overridden"];
const NAME = /^[a-z]+(?:_[a-z]+)*$/;
/** The field of a plan that names groups. */
const NAMING_FIELD = "field_groups";

/** A message of which plans leave out fields has a group for each, and `field_groups` takes the groups that there are. */
export function groupProblems(messages: readonly DescMessage[], options: OptionReader): string[] {
  const grouped = messages.filter(({ fields }) => fields.some((field) => options.group(field)));
  const groups = new Set(
    grouped.flatMap(({ fields }) => fields.flatMap((field) => options.group(field) ?? [])),
  );
  return [
    ...grouped.flatMap((message) => ungrouped(message, options)),
    ...messages.flatMap((message) => wrongNames(message, [...groups].sort(), options)),
  ];
}

function ungrouped({ typeName, fields }: DescMessage, options: OptionReader): string[] {
  return fields.flatMap((field) => {
    const group = options.group(field);
    const at = `${typeName}.${field.name}`;
    if (IN_NO_GROUP.includes(field.name)) {
      return group === undefined ? [] : [`${at}: is answered by every plan, so it has no group`];
    }
    if (group === undefined) return [`${at}: has no group`];
    return NAME.test(group) ? [] : [`${at}: has the group "${group}", which is no name`];
  });
}

function wrongNames(
  { typeName, fields }: DescMessage,
  groups: readonly string[],
  options: OptionReader,
): string[] {
  return fields
    .filter(({ name }) => name === NAMING_FIELD)
    .filter(
      (field) => JSON.stringify(choicesOf(options.fieldRules(field))) !== JSON.stringify(groups),
    )
    .map(({ name }) => `${typeName}.${name}: takes other groups than ${groups.join(", ")}`);
}

/** The texts that a list may have. */
function choicesOf(rules: JsonObject): unknown {
  const repeated = rules["repeated"] as { items?: { string?: { in?: unknown } } } | undefined;
  return repeated?.items?.string?.in;
}
