import { Address } from "../address/address.ts";
import { networkTextBytesMax, writeAddress, writeNetwork } from "../address/write.ts";

const ipAddressTag = 0x0a;
const networkTag = 0x12;

/** The encoded `ip_address` and `network` of one address at a time. */
export class AddressPart {
  readonly bytes = Buffer.alloc(2 * (networkTextBytesMax + 2));
  length = 0;
  readonly #network = new Address();

  /** Encodes an address and the block of that length around it. */
  set(address: Address, prefixLength: number): void {
    const { bytes } = this;
    const addressEnd = writeAddress(address, bytes, 2);
    bytes[0] = ipAddressTag;
    bytes[1] = addressEnd - 2;
    this.#network.copyFrom(address);
    this.#network.mask(prefixLength);
    const networkStart = addressEnd + 2;
    this.length = writeNetwork(this.#network, prefixLength, bytes, networkStart);
    bytes[addressEnd] = networkTag;
    bytes[addressEnd + 1] = this.length - networkStart;
  }
}
