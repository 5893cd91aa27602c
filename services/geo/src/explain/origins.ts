import { Address } from "../address/address.ts";
import { formatAddress } from "../address/write.ts";

/** Where fields come from, as texts for people, by their names in TypeScript. */
export type Origins<Field extends string> = Partial<Record<Field, string>>;

/** Facts, where each of them comes from, and of which network around the address they hold. */
export interface Traced<Facts extends object> {
  readonly facts: Facts;
  readonly origins: Origins<Extract<keyof Facts, string>>;
  /** In bits of the address's family. */
  readonly prefixLength: number;
}

/** The network of some length that an address is in, as a text. */
export function networkOf(address: Address, prefixLength: number): string {
  const first = new Address();
  first.copyFrom(address);
  first.mask(prefixLength);
  return `${formatAddress(first)}/${prefixLength}`;
}
