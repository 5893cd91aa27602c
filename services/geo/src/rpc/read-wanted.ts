import type { FieldProblem } from "@geomesh/runtime/errors";
import { BAD_ADDRESS } from "@geomesh/terms/canonical-address";
import { LANGUAGES } from "@geomesh/terms/languages";
import { DEFAULT_SELECTION, readSelection, selectsOptIn } from "@geomesh/terms/selection";
import { addressFromText } from "../address/parse.ts";
import type { Wanted } from "../answer/answer-writer.ts";
import { requestLanguage } from "../layers/languages.ts";

/** What requests for locations say of the answers that they want. */
interface AskedLocations {
  readonly language: string;
  readonly fields: readonly string[] | undefined;
  readonly excludeFields: readonly string[] | undefined;
}

/** What a request wants, or everything that is wrong with its language and its masks. */
export function readWanted(asked: AskedLocations): Wanted | readonly FieldProblem[] {
  const language = requestLanguage(asked.language);
  const { fields = [], excludeFields = [] } = asked;
  const selection = readSelection({ fields, excludeFields });
  const mistakes = [
    ...languageMistakes(asked.language),
    ...("members" in selection ? [] : selection),
  ];
  if (language === undefined || !("members" in selection)) return mistakes;
  if (selection === DEFAULT_SELECTION) return { language, withNames: false, members: undefined };
  return { language, withNames: selectsOptIn(selection), members: selection.members };
}

/** What is wrong with the text of a language, if anything. */
export function languageMistakes(text: string): FieldProblem[] {
  if (requestLanguage(text) !== undefined) return [];
  return [{ field: "language", description: `must be one of ${LANGUAGES.join(", ")}` }];
}

/** What is wrong with the text of an address, if anything. */
export function addressMistakes(text: string): FieldProblem[] {
  if (addressFromText(text) !== undefined) return [];
  return [{ field: "ip_address", description: BAD_ADDRESS }];
}
