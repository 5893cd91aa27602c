import { GetLocationResponseSchema } from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { LocationResultSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_result_pb";
import { LocationError } from "@geomesh/proto/grpc/geomesh/geo/v1/location_result";
import { Address } from "../address/address.ts";
import { ADDRESS_TEXT_BYTES_MAX, parseAddress } from "../address/parse.ts";
import type { Language } from "../layers/languages.ts";
import { type ByteWriter, varintBytes } from "./byte-writer.ts";
import type { LocationComposer } from "./location-composer.ts";
import { byteTagOf } from "./tags.ts";

/** Why an address is refused; stands after the name of the field. */
export const BAD_ADDRESS = "must be an IPv4 address of four decimal parts or an IPv6 address";

const RESPONSE_LOCATION_TAG = byteTagOf(GetLocationResponseSchema.field.location);
const RESULT_LOCATION_TAG = byteTagOf(LocationResultSchema.field.location);
const RESULT_ERROR_TAG = byteTagOf(LocationResultSchema.field.error);

/** Writes encoded answers for addresses given as text bytes. */
export class AnswerWriter {
  readonly #address = new Address();

  /** Appends `GetLocationResponse { location }`; appends nothing and returns false if the text is not an address. */
  location(
    composer: LocationComposer,
    text: Uint8Array,
    language: Language,
    out: ByteWriter,
  ): boolean {
    if (!parseAddress(text, 0, text.length, this.#address)) return false;
    const size = composer.prepare(this.#address, language);
    out.reserve(size + 6);
    out.bytes[out.length++] = RESPONSE_LOCATION_TAG;
    out.varint(size);
    composer.write(out);
    return true;
  }

  /** Appends a `LocationResult` as a field with `tag`, for the address in `text[start, end)`. */
  result(
    composer: LocationComposer,
    tag: number,
    text: Uint8Array,
    start: number,
    end: number,
    language: Language,
    out: ByteWriter,
  ): void {
    if (!parseAddress(text, start, end, this.#address)) {
      appendError(tag, text.subarray(start, end), out);
      return;
    }
    const size = composer.prepare(this.#address, language);
    out.reserve(size + 12);
    out.bytes[out.length++] = tag;
    out.varint(1 + varintBytes(size) + size);
    out.bytes[out.length++] = RESULT_LOCATION_TAG;
    out.varint(size);
    composer.write(out);
  }
}

function appendError(tag: number, text: Uint8Array, out: ByteWriter): void {
  const asked = Buffer.from(text.subarray(0, ADDRESS_TEXT_BYTES_MAX + 1)).toString("utf8");
  const error = LocationError.encode({
    ipAddress: asked,
    code: "ip_address_invalid",
    message: `ip_address ${BAD_ADDRESS}`,
  }).finish();
  out.reserve(12);
  out.bytes[out.length++] = tag;
  out.varint(1 + varintBytes(error.length) + error.length);
  out.bytes[out.length++] = RESULT_ERROR_TAG;
  out.varint(error.length);
  out.append(error);
}
