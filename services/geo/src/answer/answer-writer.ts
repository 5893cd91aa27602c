import { GetLocationResponseSchema } from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { LocationResultSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_result_pb";
import { LocationError } from "@geomesh/proto/grpc/geomesh/geo/v1/location_result";
import type { Reason } from "@geomesh/runtime/errors";
import { BAD_ADDRESS } from "@geomesh/terms/canonical-address";
import { selectFields } from "@geomesh/terms/select-fields";
import type { SelectedMembers } from "@geomesh/terms/selection";
import { Address } from "../address/address.ts";
import { ADDRESS_TEXT_BYTES_MAX, parseAddress } from "../address/parse.ts";
import type { Naming } from "../layers/languages.ts";
import { ByteWriter } from "./byte-writer.ts";
import type { LocationComposer } from "./location-composer.ts";
import type { PreparedLocation } from "./prepared-location.ts";
import { byteTagOf } from "./tags.ts";

const RESPONSE_TAGS = [byteTagOf(GetLocationResponseSchema.field.location)];
const RESULT_LOCATION_TAG = byteTagOf(LocationResultSchema.field.location);
const RESULT_ERROR_TAG = byteTagOf(LocationResultSchema.field.error);
const TAG_BYTES_MAX = 6;

/** What an answer has of a location. */
export interface Wanted extends Naming {
  /** Undefined for all that is composed, which needs no filter. */
  readonly members: SelectedMembers | undefined;
}

/** Appends the fields of a `LocationResult` inside the messages of some tags, which take one byte each. */
export class ResultWriter {
  readonly #locationTags: readonly number[];
  readonly #errorTags: readonly number[];

  /** The tags go from the outermost message to the `LocationResult`. */
  constructor(tags: readonly number[]) {
    this.#locationTags = [...tags, RESULT_LOCATION_TAG];
    this.#errorTags = [...tags, RESULT_ERROR_TAG];
  }

  /** Appends the result of an address that was located. */
  location(location: PreparedLocation, out: ByteWriter): void {
    writeLocation(this.#locationTags, location, out);
  }

  /** Appends the result of an address whose encoded `Location` is given. */
  encoded(location: Uint8Array, out: ByteWriter): void {
    writeEncoded(this.#locationTags, location, out);
  }

  /** Appends the result of a text that is not an address. */
  error(text: Uint8Array, out: ByteWriter): void {
    const asked = Buffer.from(text.subarray(0, ADDRESS_TEXT_BYTES_MAX + 1)).toString("utf8");
    const error = LocationError.encode({
      ipAddress: asked,
      code: "invalid_argument" satisfies Lowercase<Reason>,
      message: `ip_address ${BAD_ADDRESS}`,
    }).finish();
    writeEncoded(this.#errorTags, error, out);
  }
}

/** Writes encoded answers for addresses given as text bytes. */
export class AnswerWriter {
  readonly #address = new Address();
  readonly #whole = new ByteWriter();

  /** Appends `GetLocationResponse { location }`; appends nothing and returns false if the text is not an address. */
  location(composer: LocationComposer, text: Uint8Array, wanted: Wanted, out: ByteWriter): boolean {
    if (!parseAddress(text, 0, text.length, this.#address)) return false;
    const location = composer.prepare(this.#address, wanted);
    if (wanted.members === undefined) writeLocation(RESPONSE_TAGS, location, out);
    else writeEncoded(RESPONSE_TAGS, this.#selected(location, wanted.members), out);
    return true;
  }

  /** The encoded `Location` itself, whole; undefined if the text is not an address. Valid until the next call. */
  bare(composer: LocationComposer, text: Uint8Array, naming: Naming): Uint8Array | undefined {
    if (!parseAddress(text, 0, text.length, this.#address)) return undefined;
    return this.#encode(composer.prepare(this.#address, naming));
  }

  /** Appends the `LocationResult` of the address in `text[start, end)`. */
  result(
    composer: LocationComposer,
    results: ResultWriter,
    text: Uint8Array,
    start: number,
    end: number,
    wanted: Wanted,
    out: ByteWriter,
  ): void {
    if (!parseAddress(text, start, end, this.#address)) {
      results.error(text.subarray(start, end), out);
      return;
    }
    const location = composer.prepare(this.#address, wanted);
    if (wanted.members === undefined) results.location(location, out);
    else results.encoded(this.#selected(location, wanted.members), out);
  }

  #selected(location: PreparedLocation, members: SelectedMembers): Uint8Array {
    return selectFields(this.#encode(location), members);
  }

  #encode(location: PreparedLocation): Uint8Array {
    const whole = this.#whole;
    whole.length = 0;
    whole.reserve(location.size);
    location.write(whole);
    return whole.bytes.subarray(0, whole.length);
  }
}

function writeEncoded(tags: readonly number[], message: Uint8Array, out: ByteWriter): void {
  out.reserve(tags.length * TAG_BYTES_MAX);
  out.enclosing(tags, message.length);
  out.append(message);
}

function writeLocation(tags: readonly number[], location: PreparedLocation, out: ByteWriter): void {
  const { size } = location;
  out.reserve(tags.length * TAG_BYTES_MAX + size);
  out.enclosing(tags, size);
  location.write(out);
}
