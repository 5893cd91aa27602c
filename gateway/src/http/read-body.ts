import type { JsonValue } from "@bufbuild/protobuf";
import { AppError } from "@geomesh/runtime/errors";
import { readJson } from "../transcode/read-json.ts";
import { isReset, type Request } from "./exchange.ts";
import { fromTranscodeError } from "./from-transcode-error.ts";

/** Largest body, in bytes. */
export const BODY_BYTES_MAX = 1024 * 1024;
/** Longest that a body may take to arrive, in milliseconds. */
export const BODY_MS_MAX = 10_000;
const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;
/** A list of codings without any, or with the one that changes nothing. */
const NO_CODING = /^[\s,]*(?:identity[\s,]*)?$/i;

/**
 * Reads a JSON body of up to 1 MiB within 10 s; an empty one is `{}`. Errors: those of `parseJson`, BODY_TOO_LARGE,
 * BODY_TOO_SLOW, UNSUPPORTED_MEDIA_TYPE, CONTENT_CODING_UNSUPPORTED, CANCELLED.
 */
export async function readJsonBody(request: Request): Promise<JsonValue> {
  const bytes = await readBody(request);
  if (bytes.length === 0) return {};
  if (!JSON_TYPE.test(request.headers["content-type"] ?? "")) throw unsupported();
  refuseCoding(request);
  return parseJson(bytes);
}

/** Reads a body of any type, of up to 1 MiB within 10 s. Errors: those of `readBody`, CONTENT_CODING_UNSUPPORTED. */
export async function readPlainBody(request: Request): Promise<Buffer> {
  const bytes = await readBody(request);
  refuseCoding(request);
  return bytes;
}

function refuseCoding({ headers }: Request): void {
  if (isEncoded(headers)) throw codingUnsupported();
}

/** Parses JSON in UTF-8. Errors: INVALID_ARGUMENT, also for an object with two members of one name. */
export function parseJson(bytes: Uint8Array): JsonValue {
  try {
    return readJson(bytes);
  } catch (error) {
    throw fromTranscodeError(error);
  }
}

/** Whether the bytes of a body stand for others, by its `Content-Encoding`. */
export function isEncoded(headers: Request["headers"]): boolean {
  return !NO_CODING.test(headers["content-encoding"] ?? "");
}

/** Limits of a body; the defaults are those of JSON. */
export interface BodyLimits {
  readonly bytesMax?: number;
  readonly msMax?: number;
  /** Whether the bytes themselves tell that they are all; default is false. */
  readonly tellsItsEnd?: boolean;
}

/** Reads a whole body; one whose stream is reset has no end. Errors, rejected with: BODY_TOO_LARGE, BODY_TOO_SLOW, CANCELLED. */
export function readBody(request: Request, limits: BodyLimits = {}): Promise<Buffer> {
  const { bytesMax = BODY_BYTES_MAX, msMax = BODY_MS_MAX, tellsItsEnd = false } = limits;
  const length = Number(request.headers["content-length"] ?? 0);
  if (length > bytesMax) {
    return Promise.reject(tooLarge(bytesMax));
  }
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let bytes = 0;
  const late = setTimeout(() => reject(new AppError("BODY_TOO_SLOW")), msMax);
  request.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > bytesMax) reject(tooLarge(bytesMax));
    else chunks.push(chunk);
  });
  const end = () => (isReset(request) ? reject(cancelled()) : resolve(Buffer.concat(chunks)));
  request.on("end", () => {
    if (tellsItsEnd || bytes === length || !("stream" in request)) end();
    else setImmediate(end);
  });
  request.on("error", (error) => reject(cancelled(error)));
  request.on("aborted", () => reject(cancelled()));
  return promise.finally(() => clearTimeout(late));
}

const tooLarge = (bytesMax: number) =>
  new AppError("BODY_TOO_LARGE", { message: `the body exceeds ${bytesMax} bytes` });
const cancelled = (cause?: unknown) => new AppError("CANCELLED", { cause });
const unsupported = () =>
  new AppError("UNSUPPORTED_MEDIA_TYPE", {
    message: "the body must be JSON with Content-Type: application/json",
  });
const codingUnsupported = () =>
  new AppError("CONTENT_CODING_UNSUPPORTED", {
    message: "the body must be sent without Content-Encoding",
  });
