import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { LookupFramesRequestSchema } from "@geomesh/proto/es/geomesh/geo/v1/lookup_service_pb";
import { AppError } from "@geomesh/runtime/errors";
import { tagOf } from "../answer/tags.ts";

const FRAME_ADDRESSES_MAX = 1000;

const { field } = LookupFramesRequestSchema;
const FRAME_ID_TAG = tagOf(field.frameId);
const IP_ADDRESSES_TAG = tagOf(field.ipAddresses);
const LANGUAGE_TAG = tagOf(field.language);
const PARTS_MAX_TAG = tagOf(field.partsMax);
const WITH_NAMES_TAG = tagOf(field.withNames);

/**
 * Reads an encoded `LookupFramesRequest` without making strings of its addresses: address `i` stays in `bytes`, from
 * `starts[i]` to `ends[i]`. One instance reads one frame at a time.
 */
export class LookupFrameReader {
  frameId = 0;
  language = "";
  partsMax = 0;
  withNames = false;
  /** How many addresses the frame has. */
  count = 0;
  bytes: Uint8Array = new Uint8Array(0);
  readonly starts = new Uint32Array(FRAME_ADDRESSES_MAX);
  readonly ends = new Uint32Array(FRAME_ADDRESSES_MAX);

  /** Reads a frame. Errors: FRAME_INVALID for more than 1,000 addresses, and for bytes that are not a frame. */
  read(bytes: Uint8Array): void {
    this.frameId = 0;
    this.language = "";
    this.partsMax = 0;
    this.withNames = false;
    this.count = 0;
    this.bytes = bytes;
    const reader = new BinaryReader(bytes);
    try {
      while (reader.pos < reader.len) this.#readField(reader);
    } catch (error) {
      if (error instanceof AppError) throw error;
      throw frameInvalid("the frame is not a LookupFramesRequest");
    }
  }

  #readField(reader: BinaryReader): void {
    const tag = reader.uint32();
    switch (tag) {
      case FRAME_ID_TAG:
        this.frameId = reader.uint32();
        return;
      case IP_ADDRESSES_TAG:
        this.#readAddress(reader);
        return;
      case LANGUAGE_TAG:
        this.language = reader.string();
        return;
      case PARTS_MAX_TAG:
        this.partsMax = reader.uint32();
        return;
      case WITH_NAMES_TAG:
        this.withNames = reader.bool();
        return;
      default:
        if (tag >>> 3 === 0 || (tag & 7) === WireType.EndGroup)
          throw frameInvalid("the frame has an invalid tag");
        reader.skip((tag & 7) as WireType, tag >>> 3);
    }
  }

  #readAddress(reader: BinaryReader): void {
    if (this.count === FRAME_ADDRESSES_MAX) {
      throw frameInvalid(`the frame exceeds ${FRAME_ADDRESSES_MAX} addresses`);
    }
    const length = reader.uint32();
    const start = reader.pos;
    if (start + length > reader.len) throw frameInvalid("the frame is cut off");
    this.starts[this.count] = start;
    this.ends[this.count] = start + length;
    this.count++;
    reader.pos = start + length;
  }
}

function frameInvalid(message: string): AppError {
  return new AppError("FRAME_INVALID", { message });
}
