import { invalidArgument } from "@geomesh/runtime/errors";
import { TranscodeError } from "../transcode/transcode-error.ts";

/** The client's mistakes that transcoding found, as INVALID_ARGUMENT. Any other error comes back as it is. */
export function fromTranscodeError(error: unknown): unknown {
  if (!(error instanceof TranscodeError)) return error;
  return invalidArgument(error.fields, error);
}
