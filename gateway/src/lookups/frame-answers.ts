import {
  FramedResultSchema,
  LookupFramesResponseSchema,
} from "@geomesh/proto/es/geomesh/geo/v1/lookup_service_pb";
import type { Clock } from "@geomesh/runtime/clock";
import type { AppError } from "@geomesh/runtime/errors";
import type { Selection } from "@geomesh/terms/selection";
import { readVarint32, WireFields } from "../transcode/wire-fields.ts";
import { type Answer, ComposedAnswers } from "./composed-answers.ts";
import { PART_KIND, PartTable, type PartTableOptions } from "./part-table.ts";

const FRAME_ID = LookupFramesResponseSchema.field.frameId.number;
const RESULTS = LookupFramesResponseSchema.field.results.number;
const GENERATION = LookupFramesResponseSchema.field.generation.number;
const PARTS = LookupFramesResponseSchema.field.parts.number;
const FRAMED_RESULTS = LookupFramesResponseSchema.field.framedResults.number;
const IP_ADDRESS = FramedResultSchema.field.ipAddress.number;
const NETWORK = FramedResultSchema.field.network.number;
const PLACE = FramedResultSchema.field.place.number;
const ZONE = FramedResultSchema.field.zone.number;
const CONNECTION = FramedResultSchema.field.connection.number;
const SECURITY = FramedResultSchema.field.security.number;
const WHOLE = FramedResultSchema.field.whole.number;
/** As the contract says. */
const FRAME_ADDRESSES_MAX = 1_000;
/** Longer than any text of an address or network. */
const TEXT_BYTES_MAX = 64;
const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const DELETE = 0x7f;

/** The answers of one frame, in the order of its addresses. */
export interface FrameAnswers {
  readonly frameId: number;
  readonly count: number;
  /** 1 for an address that was located, 0 for a special-purpose one and an error. */
  unitsOf(index: number): 0 | 1;
  /** The error of an address that was not located; undefined where it was. */
  problemOf(index: number): AppError | undefined;
  /**
   * The selected keys of the Location as JSON in UTF-8, with one character a byte, to be sent as `latin1`: exactly what the
   * writer of the message writes. Only where the address was located.
   */
  locationJsonOf(index: number, selection: Selection): string;
  /** The same of the LocationResult: an entry of a batch. */
  resultJsonOf(index: number, selection: Selection): string;
  /** The serialized LocationResult, with the selected keys of its location; without a selection, with all that geo sent. */
  resultBytesOf(index: number, selection?: Selection): Uint8Array;
  /** A text that is another where anything of the result is, but for the clock of its time zone. */
  stateOf(index: number): string;
}

/** Reads the answers of one LookupFrames call, whose parts it keeps. */
export interface AnswerReader {
  /**
   * Reads an encoded LookupFramesResponse. What it defines is kept whether its answers are used or not, and its answers stay
   * readable when later frames void their parts. Local times are those of this moment.
   * Errors: Error for what the contract does not allow, such as a number that no part has. The call is of no use then: end it,
   * and send its frames again on another call, with a new reader.
   */
  read(bytes: Buffer): FrameAnswers;
}

/** How much a reader keeps. */
export type AnswerReaderOptions = PartTableOptions;

/** What a reader works with. */
export interface AnswerReaderDeps {
  readonly clock: Clock;
}

/** Creates the reader of a new call, whose first frame states the same `partsMax`. Answers may be by reference or plain. */
export function createAnswerReader(
  options: AnswerReaderOptions,
  deps: AnswerReaderDeps,
): AnswerReader {
  return new FrameReader(options, deps);
}

class FrameReader implements AnswerReader {
  readonly #options: AnswerReaderOptions;
  readonly #clock: Clock;
  readonly #frame = new WireFields();
  readonly #result = new WireFields();
  #generation = 0;
  #parts: PartTable;

  constructor(options: AnswerReaderOptions, { clock }: AnswerReaderDeps) {
    this.#options = options;
    this.#clock = clock;
    this.#parts = new PartTable(options);
  }

  /** Encoders write fields by number, and geo each part before its first use: one pass finds every part defined. */
  read(bytes: Buffer): FrameAnswers {
    const fields = this.#frame.open(bytes, 0, bytes.length);
    const answers: Answer[] = [];
    let frameId = 0;
    let generation = 0;
    let isPlain = false;
    while (fields.next()) {
      const { number, start, end } = fields;
      if (number === FRAMED_RESULTS) answers.push(this.#framedResult(bytes, start, end));
      else if (number === PARTS) this.#parts.define(bytes, start, end);
      else if (number === FRAME_ID) frameId = readVarint32(bytes, start);
      else if (number === GENERATION) {
        generation = readVarint32(bytes, start);
        this.#follow(generation);
      } else if (number === RESULTS) {
        isPlain = true;
        answers.push(wholeAnswer(start, end));
      }
    }
    const isByReference = generation !== 0;
    if (isPlain && isByReference)
      throw new Error("geo sent a frame that is plain and by reference");
    if (!isPlain && !isByReference && answers.length > 0)
      throw new Error("geo named no generation");
    if (answers.length > FRAME_ADDRESSES_MAX) {
      throw new Error(`geo sent ${answers.length} answers in one frame`);
    }
    const wallMs = this.#clock.wallMs();
    return new ComposedAnswers({ frameId, bytes, answers, parts: this.#parts, wallMs });
  }

  #follow(generation: number): void {
    if (generation === this.#generation) return;
    if (generation < this.#generation) throw new Error(`geo went back to generation ${generation}`);
    this.#generation = generation;
    this.#parts = new PartTable(this.#options);
  }

  #framedResult(bytes: Buffer, start: number, end: number): Answer {
    const fields = this.#result.open(bytes, start, end);
    const answer = wholeAnswer(0, 0);
    answer.isWhole = false;
    while (fields.next()) {
      const from = fields.start;
      const to = fields.end;
      switch (fields.number) {
        case IP_ADDRESS:
          answer.start = from;
          answer.end = to;
          break;
        case NETWORK:
          answer.networkStart = from;
          answer.networkEnd = to;
          break;
        case PLACE:
          answer.place = readVarint32(bytes, from);
          break;
        case ZONE:
          answer.zone = readVarint32(bytes, from);
          break;
        case CONNECTION:
          answer.connection = readVarint32(bytes, from);
          break;
        case SECURITY:
          answer.security = readVarint32(bytes, from);
          break;
        case WHOLE:
          return wholeAnswer(from, to);
      }
    }
    checkText(bytes, answer.start, answer.end);
    checkText(bytes, answer.networkStart, answer.networkEnd);
    this.#checkParts(answer);
    return answer;
  }

  #checkParts({ place, zone, connection, security }: Answer): void {
    const parts = this.#parts;
    const isKnown =
      (place === 0 || parts.isPlace(place)) &&
      (zone === 0 || parts.kindOf(zone) === PART_KIND.zone) &&
      (connection === 0 || parts.kindOf(connection) === PART_KIND.connection) &&
      (security === 0 || parts.kindOf(security) === PART_KIND.security);
    if (isKnown) return;
    const numbers = [place, zone, connection, security].join(", ");
    throw new Error(`geo used a part that it did not send: ${numbers} in ${this.#generation}`);
  }
}

function wholeAnswer(start: number, end: number): Answer {
  return {
    isWhole: true,
    start,
    end,
    networkStart: 0,
    networkEnd: 0,
    place: 0,
    zone: 0,
    connection: 0,
    security: 0,
  };
}

/** Refuses what would need an escape in JSON, or more than one byte for its length. */
function checkText(bytes: Buffer, start: number, end: number): void {
  if (end - start > TEXT_BYTES_MAX) throw new Error("geo sent an address that is too long");
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte < SPACE || byte === QUOTE || byte === BACKSLASH || byte >= DELETE) {
      throw new Error("geo sent an address that is none");
    }
  }
}
