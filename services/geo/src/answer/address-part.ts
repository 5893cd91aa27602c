import { LocationSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_pb";
import { Address } from "../address/address.ts";
import { NETWORK_TEXT_BYTES_MAX, writeAddress, writeNetwork } from "../address/write.ts";
import { byteTagOf } from "./tags.ts";

const IP_ADDRESS_TAG = byteTagOf(LocationSchema.field.ipAddress);
const NETWORK_TAG = byteTagOf(LocationSchema.field.network);

/** The encoded `ip_address` and `network` of one address at a time. */
export class AddressPart {
  readonly bytes = Buffer.alloc(2 * (NETWORK_TEXT_BYTES_MAX + 2));
  length = 0;
  readonly #network = new Address();

  /** Encodes an address and the block with this prefix length around it. */
  set(address: Address, prefixLength: number): void {
    const { bytes } = this;
    const addressEnd = writeAddress(address, bytes, 2);
    bytes[0] = IP_ADDRESS_TAG;
    bytes[1] = addressEnd - 2;
    this.#network.copyFrom(address);
    this.#network.mask(prefixLength);
    const networkStart = addressEnd + 2;
    this.length = writeNetwork(this.#network, prefixLength, bytes, networkStart);
    bytes[addressEnd] = NETWORK_TAG;
    bytes[addressEnd + 1] = this.length - networkStart;
  }
}
