import { type DescMessage, type Message, ScalarType } from "@bufbuild/protobuf";
import { headerLines } from "../../http/header-lines.ts";
import { ifMatchInvalid, readIfMatch } from "../../http/if-match.ts";

const ETAG = "etag";

/** Takes `If-Match` of a request's headers into its message. Errors: INVALID_ARGUMENT. */
export type TakeIfMatch = (request: Message, rawHeaders: readonly string[]) => void;

/**
 * Compiles how a request takes its `etag` from `If-Match`: where its message has a text of that name, the version that is to
 * be changed. Undefined for any other request, which ignores the header. Where query or body state the `etag` too, the two
 * must be the same; `*` adds nothing, as what a call changes must exist in any case.
 */
export function compileIfMatch({ fields }: DescMessage): TakeIfMatch | undefined {
  const field = fields.find(({ name }) => name === ETAG);
  if (field?.fieldKind !== "scalar" || field.scalar !== ScalarType.STRING) return undefined;
  const { localName } = field;
  return (request, rawHeaders) => {
    const tag = readIfMatch(headerLines(rawHeaders, "if-match"));
    if (tag === "") return;
    const values = request as unknown as Record<string, unknown>;
    const given = values[localName] ?? "";
    if (given !== "" && given !== tag) throw ifMatchInvalid("must be the same as etag");
    values[localName] = tag;
  };
}
