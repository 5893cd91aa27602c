import { type DescMessage, isFieldSet, type Message } from "@bufbuild/protobuf";
import { AppError, toAppError } from "@geomesh/runtime/errors";
import { fromTranscodeError } from "../../http/from-transcode-error.ts";
import type { StreamRequest } from "../../operations/stream.ts";
import { type Line, readLines } from "../../transcode/lines.ts";
import type { ReadLine } from "../../transcode/read-line.ts";
import { TranscodeError } from "../../transcode/transcode-error.ts";

/** Longest line of a body. */
const LINE_BYTES_MAX = 4 * 1024;
const SPACE = 0x20;
const QUOTE = 0x22;
const OBJECT = 0x7b;
const DELETE = 0x7f;

/**
 * The requests in the lines of a body, chunk by chunk. A line that is no request fails its own answer. Errors, thrown by the
 * iterable: INVALID_ARGUMENT for a line that is longer than 4 KiB, CANCELLED for a body that breaks.
 */
export async function* requestsIn(
  chunks: AsyncIterable<Uint8Array>,
  readLine: ReadLine,
): AsyncGenerator<readonly StreamRequest[], void, undefined> {
  try {
    for await (const lines of readLines(chunks, { lineBytesMax: LINE_BYTES_MAX })) {
      yield lines.map((line) => plainText(line.bytes) ?? requestOf(line, readLine));
    }
  } catch (error) {
    throw error instanceof TranscodeError
      ? fromTranscodeError(error)
      : new AppError("CANCELLED", { cause: error });
  }
}

/** Refuses lines that set a field which holds for the whole stream: all but the subject of a request. Errors: TranscodeError. */
export function subjectAlone(
  readLine: ReadLine,
  { fields }: DescMessage,
  subject: string | undefined,
): ReadLine {
  const options = fields.filter(({ name }) => name !== subject);
  return (line) => {
    const message: Message = readLine(line);
    const set = options.filter((field) => isFieldSet(message, field));
    if (set.length === 0) return message;
    const description = "holds for the whole stream, and is a parameter of its query";
    throw new TranscodeError(
      set.map(({ name }) => ({ field: `line ${line.number}: ${name}`, description })),
    );
  };
}

function requestOf(line: Line, readLine: ReadLine): StreamRequest {
  try {
    return { message: readLine(line) };
  } catch (error) {
    return { problem: toAppError(fromTranscodeError(error)) };
  }
}

/** The text of a line that is nothing else for certain: ASCII that is no JSON, without white space; else undefined. */
function plainText(bytes: Buffer): string | undefined {
  if (bytes[0] === OBJECT || bytes[0] === QUOTE) return undefined;
  for (const byte of bytes) if (byte <= SPACE || byte >= DELETE) return undefined;
  return bytes.toString("latin1");
}
