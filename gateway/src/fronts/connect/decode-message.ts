import {
  create,
  type DescMessage,
  fromBinary,
  type Message,
  type Registry,
} from "@bufbuild/protobuf";
import { AppError } from "@geomesh/runtime/errors";
import { fromTranscodeError } from "../../http/from-transcode-error.ts";
import { parseJson } from "../../http/read-body.ts";
import { createBodyBinder } from "../../transcode/bind-body.ts";
import { FieldProblems } from "../../transcode/field-problems.ts";
import { compileTimeBounds } from "../../transcode/time-bounds.ts";

/** Reads a message. Errors: INVALID_ARGUMENT with every mistake, MALFORMED_REQUEST. */
export type DecodeMessage = (bytes: Uint8Array, isJson: boolean) => Message;

/**
 * Creates a reader of the messages of one type, by the rules of REST: JSON names every field that is unknown, misplaced or
 * has a value of another type, and neither form may hold a time that no calendar has. The registry has the messages that a
 * google.protobuf.Any may hold in JSON; undefined for none.
 */
export function createDecoder(desc: DescMessage, registry?: Registry): DecodeMessage {
  const bindBody = createBodyBinder(desc, new Set(), { registry });
  const checkTimes = compileTimeBounds(desc);

  function fromJson(bytes: Uint8Array, problems: FieldProblems): Message {
    const message = create(desc);
    bindBody(message, parseJson(bytes), problems);
    return message;
  }

  function fromProtobuf(bytes: Uint8Array, problems: FieldProblems): Message {
    const message = protobufOf(desc, bytes);
    checkTimes?.(message, problems);
    return message;
  }

  return (bytes, isJson) => {
    const problems = new FieldProblems();
    const message = isJson ? fromJson(bytes, problems) : fromProtobuf(bytes, problems);
    try {
      problems.throwIfAny();
    } catch (error) {
      throw fromTranscodeError(error);
    }
    return message;
  };
}

function protobufOf(desc: DescMessage, bytes: Uint8Array): Message {
  try {
    return fromBinary(desc, bytes);
  } catch (cause) {
    throw new AppError("MALFORMED_REQUEST", {
      message: `the bytes are no ${desc.typeName} of protobuf`,
      cause,
    });
  }
}
