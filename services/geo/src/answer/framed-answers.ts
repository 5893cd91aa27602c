import {
  FramedResultSchema,
  LookupFramesResponseSchema,
  PartSchema,
} from "@geomesh/proto/es/geomesh/geo/v1/lookup_service_pb";
import { Address } from "../address/address.ts";
import { parseAddress } from "../address/parse.ts";
import type { Naming } from "../layers/languages.ts";
import { ResultWriter } from "./answer-writer.ts";
import { type ByteWriter, varintBytes } from "./byte-writer.ts";
import { NO_ORDINAL } from "./fixed-parts.ts";
import type { LocationComposer } from "./location-composer.ts";
import { PART_KINDS, type PartKind, type PreparedLocation } from "./prepared-location.ts";
import { SentParts } from "./sent-parts.ts";
import { byteTagOf } from "./tags.ts";

const { generation, parts, framedResults } = LookupFramesResponseSchema.field;
const GENERATION_TAG = byteTagOf(generation);
const PARTS_TAG = byteTagOf(parts);
const RESULTS_TAG = byteTagOf(framedResults);
const NUMBER_TAG = byteTagOf(PartSchema.field.number);
const PART_TAGS = PART_KINDS.map((kind) => byteTagOf(PartSchema.field[kind]));
const REFERENCE_TAGS = PART_KINDS.map((kind) => byteTagOf(FramedResultSchema.field[kind]));
const WHOLE = new ResultWriter([RESULTS_TAG, byteTagOf(FramedResultSchema.field.whole)]);

const KINDS = PART_KINDS.length;
/** The most that the contract allows. */
const PART_BYTES_MAX = 4096;
const TAG_BYTES_MAX = 6;

/** Writes the answers of one stream by reference: each part once, and then its number. */
export class FramedAnswers {
  readonly #sent: SentParts;
  readonly #address = new Address();
  readonly #ordinals = new Int32Array(KINDS);
  readonly #numbers = new Uint32Array(KINDS);
  #isNew = false;

  /** `partsMax` is what the caller keeps, above 0. */
  constructor(partsMax: number) {
    this.#sent = new SentParts(partsMax);
  }

  /** Begins a frame. With `anew`, and where the composer has forgotten its parts, all parts get new numbers. */
  begin(composer: LocationComposer, anew: boolean, out: ByteWriter): void {
    if (anew || !this.#sent.isOf(composer)) this.#sent.restart(composer);
    this.#isNew = this.#sent.isEmpty;
    out.reserve(TAG_BYTES_MAX);
    out.bytes[out.length++] = GENERATION_TAG;
    out.varint(this.#sent.generation);
  }

  /**
   * Appends the answer for the address in `text[start, end)`, after the parts that it is the first to use. False where the
   * frame must start over, with new numbers: the parts were forgotten on the way, or there are no more numbers.
   */
  result(
    composer: LocationComposer,
    text: Uint8Array,
    start: number,
    end: number,
    naming: Naming,
    out: ByteWriter,
  ): boolean {
    if (!parseAddress(text, start, end, this.#address)) {
      WHOLE.error(text.subarray(start, end), out);
      return true;
    }
    const location = composer.prepare(this.#address, naming);
    const isShared = location.ordinals(this.#ordinals);
    if (!this.#sent.isOf(composer)) return false;
    if (isShared && this.#number(location, out)) this.#writeReferences(location, out);
    else if (isShared && this.#sent.isFull && !this.#isNew) return false;
    else WHOLE.location(location, out);
    return true;
  }

  /** Finds the numbers of all parts, after defining those that were not sent. False where a part cannot have one. */
  #number(location: PreparedLocation, out: ByteWriter): boolean {
    for (let i = 0; i < KINDS; i++) {
      const ordinal = this.#ordinals[i] as number;
      const number = this.#sent.number(ordinal);
      this.#numbers[i] = number;
      if (number > 0 || ordinal === NO_ORDINAL) continue;
      if (!this.#define(i, ordinal, location, out)) return false;
    }
    return true;
  }

  #define(kind: number, ordinal: number, location: PreparedLocation, out: ByteWriter): boolean {
    const name = PART_KINDS[kind] as PartKind;
    const size = location.partSize(name);
    const number = size > PART_BYTES_MAX ? 0 : this.#sent.add(ordinal);
    if (number === 0) return false;
    this.#numbers[kind] = number;
    out.reserve(3 * TAG_BYTES_MAX + size);
    out.bytes[out.length++] = PARTS_TAG;
    out.varint(2 + varintBytes(number) + varintBytes(size) + size);
    out.bytes[out.length++] = NUMBER_TAG;
    out.varint(number);
    out.bytes[out.length++] = PART_TAGS[kind] as number;
    out.varint(size);
    location.writePart(name, out);
    return true;
  }

  #writeReferences({ address }: PreparedLocation, out: ByteWriter): void {
    let size = address.length;
    for (let i = 0; i < KINDS; i++) {
      const number = this.#numbers[i] as number;
      if (number > 0) size += 1 + varintBytes(number);
    }
    out.reserve(TAG_BYTES_MAX + size);
    out.bytes[out.length++] = RESULTS_TAG;
    out.varint(size);
    out.copy(address.bytes, address.length);
    for (let i = 0; i < KINDS; i++) {
      const number = this.#numbers[i] as number;
      if (number === 0) continue;
      out.bytes[out.length++] = REFERENCE_TAGS[i] as number;
      out.varint(number);
    }
  }
}
