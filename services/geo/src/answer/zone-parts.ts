import { Location } from "@geomesh/proto/grpc/geomesh/geo/v1/location";

/** The number of an address without a time zone. */
export const noZone = 0;

const nothing = new Uint8Array(0);

/** The encoded `timezone` field of each time zone, by a small number given out at first sight. */
export class ZoneParts {
  readonly #numbers: Map<string, number> = new Map();
  readonly #parts: Uint8Array[] = [nothing];

  number(name: string | undefined): number {
    if (name === undefined) return noZone;
    let number = this.#numbers.get(name);
    if (number === undefined) {
      number = this.#parts.length;
      this.#numbers.set(name, number);
      this.#parts.push(Location.encode(Location.fromPartial({ timezone: { name } })).finish());
    }
    return number;
  }

  part(number: number): Uint8Array {
    return this.#parts[number] as Uint8Array;
  }
}
