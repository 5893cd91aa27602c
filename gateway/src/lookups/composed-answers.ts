import { hash } from "node:crypto";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { LocationSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_pb";
import { LocationResultSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_result_pb";
import type { AppError } from "@geomesh/runtime/errors";
import { DEFAULT_SELECTION, type Selection, selects } from "@geomesh/terms/selection";
import {
  JSON_END,
  JSON_NETWORK,
  JSON_PARTS,
  JSON_START,
  NOT_OVERRIDDEN,
  writersOf,
} from "./location-members.ts";
import { PART_KIND, type PartTable } from "./part-table.ts";
import { addressProblem, selectedResult, stateOf, unitsOf } from "./results.ts";

const RESULT = LocationResultSchema.field;
const LOCATION = LocationSchema.field;
const RESULT_JSON_START = `{"${RESULT.location.name}":`;

/**
 * One answer of a frame, by offsets into its bytes: the texts of an address and its parts by number;
 * or a whole LocationResult.
 */
export interface Answer {
  isWhole: boolean;
  /** Of `ip_address`, or of the whole result. */
  start: number;
  end: number;
  networkStart: number;
  networkEnd: number;
  place: number;
  zone: number;
  connection: number;
  security: number;
}

/** What the answers of a frame are composed of. */
export interface ComposedAnswersDeps {
  readonly frameId: number;
  /** The encoded frame. */
  readonly bytes: Buffer;
  readonly answers: readonly Answer[];
  /** Of the frame's generation. */
  readonly parts: PartTable;
  /** The moment that local times are for, in milliseconds since 1970. */
  readonly wallMs: number;
}

/** The answers of one frame, each composed when it is asked for. */
export class ComposedAnswers {
  readonly frameId: number;
  readonly count: number;
  readonly #bytes: Buffer;
  readonly #answers: readonly Answer[];
  readonly #parts: PartTable;
  readonly #wallMs: number;
  /** The whole frame with one character a byte: its texts of addresses are cut out of it. */
  #text: string | undefined;

  constructor({ frameId, bytes, answers, parts, wallMs }: ComposedAnswersDeps) {
    this.frameId = frameId;
    this.count = answers.length;
    this.#bytes = bytes;
    this.#answers = answers;
    this.#parts = parts;
    this.#wallMs = wallMs;
  }

  unitsOf(index: number): 0 | 1 {
    const answer = this.#answer(index);
    if (answer.isWhole) return unitsOf(this.#whole(answer));
    return this.#parts.kindOf(answer.place) === PART_KIND.special ? 0 : 1;
  }

  problemOf(index: number): AppError | undefined {
    const answer = this.#answer(index);
    return answer.isWhole ? addressProblem(this.#whole(answer)) : undefined;
  }

  locationJsonOf(index: number, selection: Selection): string {
    const answer = this.#answer(index);
    if (answer.isWhole) return writersOf(selection).location(this.#whole(answer));
    if (selection !== DEFAULT_SELECTION) return this.#selectedJson(answer, selection);
    return (
      JSON_START +
      this.#textAt(answer.start, answer.end) +
      JSON_NETWORK +
      this.#textAt(answer.networkStart, answer.networkEnd) +
      JSON_PARTS +
      this.#partsJson(answer, selection) +
      JSON_END
    );
  }

  resultJsonOf(index: number, selection: Selection): string {
    const answer = this.#answer(index);
    if (answer.isWhole) return writersOf(selection).result(this.#whole(answer));
    return RESULT_JSON_START + this.locationJsonOf(index, selection) + JSON_END;
  }

  resultBytesOf(index: number, selection?: Selection): Uint8Array {
    return selectedResult(this.#resultBytesOf(this.#answer(index)), selection);
  }

  stateOf(index: number): string {
    const answer = this.#answer(index);
    if (answer.isWhole) return stateOf(this.#whole(answer));
    const { place, zone, connection, security } = answer;
    const tagOf = (number: number) => this.#parts.tagOf(number, this.#wallMs);
    const own = this.#textAt(answer.start, answer.end);
    const network = this.#textAt(answer.networkStart, answer.networkEnd);
    const parts = `${tagOf(place)} ${tagOf(zone)} ${tagOf(connection)} ${tagOf(security)}`;
    return hash("sha256", `${own} ${network} ${parts}`, "base64url");
  }

  #selectedJson(answer: Answer, selection: Selection): string {
    const address = selects(selection, LOCATION.ipAddress)
      ? `,"${LOCATION.ipAddress.name}":"${this.#textAt(answer.start, answer.end)}"`
      : "";
    const network = selects(selection, LOCATION.network)
      ? `,"${LOCATION.network.name}":"${this.#textAt(answer.networkStart, answer.networkEnd)}"`
      : "";
    const members = address + network + this.#partsJson(answer, selection);
    // Every member has a comma before it, and no selection is empty.
    return `{${members.substring(1)}${JSON_END}`;
  }

  #partsJson({ place, zone, connection, security }: Answer, selection: Selection): string {
    const texts = this.#parts.textsOf(selection);
    return (
      texts.beforeZone(place) +
      texts.zone(zone, this.#wallMs) +
      texts.afterZone(place) +
      texts.connection(connection) +
      texts.security(security)
    );
  }

  #textAt(start: number, end: number): string {
    this.#text ??= this.#bytes.toString("latin1");
    return this.#text.substring(start, end);
  }

  #resultBytesOf(answer: Answer): Uint8Array {
    if (answer.isWhole) return this.#whole(answer);
    const { start, end, networkStart, networkEnd } = answer;
    const location = new BinaryWriter()
      .tag(LOCATION.ipAddress.number, WireType.LengthDelimited)
      .bytes(this.#bytes.subarray(start, end))
      .tag(LOCATION.network.number, WireType.LengthDelimited)
      .bytes(this.#bytes.subarray(networkStart, networkEnd))
      .raw(this.#parts.bytesOf(answer.place))
      .raw(this.#parts.zoneBytes(answer.zone, this.#wallMs))
      .raw(this.#parts.bytesOf(answer.connection))
      .raw(this.#parts.bytesOf(answer.security))
      .raw(NOT_OVERRIDDEN)
      .finish();
    return new BinaryWriter()
      .tag(RESULT.location.number, WireType.LengthDelimited)
      .bytes(location)
      .finish();
  }

  #answer(index: number): Answer {
    const answer = this.#answers[index];
    if (answer === undefined) throw new RangeError(`the frame has no answer ${index}`);
    return answer;
  }

  #whole({ start, end }: Answer): Buffer {
    return this.#bytes.subarray(start, end);
  }
}
