import { create, type DescMessage, type Message, type Registry } from "@bufbuild/protobuf";
import { createRuleBodyBinder } from "./bind.ts";
import { compileTextFields, type TextField } from "./bind-text.ts";
import { FieldProblems } from "./field-problems.ts";
import type { Line } from "./lines.ts";
import { readJson } from "./read-json.ts";
import { TranscodeError } from "./transcode-error.ts";

/** Makes a request message of a line. Errors: TranscodeError with every mistake, each with the number of the line. */
export type ReadLine = (line: Line) => Message;

/** What lines of a stream mean. */
export interface LineRule {
  /** As in `google.api.http`: `*` where a line is a whole request, else the name of the field that it sets. */
  readonly body: string;
  /** Fields that the path sets, and lines must not, as in `BindRule`. */
  readonly variableNames: readonly string[];
  /** The messages that a google.protobuf.Any in a line may hold. Default none. */
  readonly registry?: Registry | undefined;
  /**
   * The field that a line sets if it is no JSON object but text as it is, without white space around it, or as a JSON string. By its
   * name in the contract, with dots where it is in another message. Default none: every line is JSON.
   */
  readonly bareField?: string | undefined;
}

/** Stands for the line in mistakes, to which its number is added. No field has this name. */
const WHOLE_LINE = "";
const OBJECT = "{".charCodeAt(0);
const STRING = '"'.charCodeAt(0);
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const WHITE_SPACE = new Set(Buffer.from(" \t\r"));

/**
 * Compiles the reading of lines as requests, each by itself: JSON, as `createBodyBinder` says, or bare text. Mistakes are those
 * of a body, named as `line 3: ip_address`, or `line 3` where they concern the whole line.
 * Errors: Error where the body or the bare field names no field, or one that the path sets.
 */
export function createLineReader(input: DescMessage, rule: LineRule): ReadLine {
  const { body, variableNames, registry, bareField } = rule;
  const find = compileTextFields(input);
  const textField = (name: string): TextField => {
    const field = find(name);
    if (!("problem" in field)) return field;
    throw new Error(`"${name}" names no field of ${input.typeName} that text can set`);
  };
  const fromPath = new Set(variableNames.map((name) => textField(name).name));
  const bare = bareField === undefined ? undefined : textField(bareField);
  if (bare !== undefined && fromPath.has(bare.name)) {
    throw new Error(`{${bare.name}} of the path cannot be the bare text of a line as well`);
  }
  const bindBody = createRuleBodyBinder(input, { body, fromPath, registry, place: WHOLE_LINE });

  function read(bytes: Buffer, message: Message, problems: FieldProblems): void {
    const first = bytes.find((byte) => !WHITE_SPACE.has(byte));
    if (bare === undefined || first === undefined || first === OBJECT) {
      bindBody(message, readJson(bytes, WHOLE_LINE), problems);
    } else {
      const text = first === STRING ? String(readJson(bytes, WHOLE_LINE)) : bareText(bytes);
      bare.assign(message, text, problems);
    }
  }

  return ({ number, bytes }) => {
    const message = create(input);
    const problems = new FieldProblems();
    try {
      read(bytes, message, problems);
      problems.throwIfAny();
    } catch (error) {
      throw error instanceof TranscodeError ? inLine(error, number) : error;
    }
    return message;
  };
}

function bareText(bytes: Buffer): string {
  try {
    return UTF8.decode(bytes).trim();
  } catch (cause) {
    const description = "is not text in UTF-8";
    throw new TranscodeError([{ field: WHOLE_LINE, description }], { cause });
  }
}

function inLine(cause: TranscodeError, number: number): TranscodeError {
  const fields = cause.fields.map(({ field, description }) => ({
    field: field === WHOLE_LINE ? `line ${number}` : `line ${number}: ${field}`,
    description,
  }));
  return new TranscodeError(fields, { cause });
}
