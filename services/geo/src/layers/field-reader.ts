import { isCountryCode } from "../derived/country-facts.ts";
import { ABSENT, type DataSection } from "../mmdb/data-section.ts";
import { isPlaceholder } from "./placeholder.ts";
import { isPublicSystem } from "./system-numbers.ts";

const UINT32_MAX = 0xffffffff;
/** Half the circumference of the Earth. */
const RADIUS_KM_MAX = 20_038;

/** What publishers write for no country: unknown, a part of the world, an anonymous or a satellite provider. */
const NO_COUNTRIES: ReadonlySet<string> = new Set(["A1", "A2", "AP", "EU", "O1", "T1", "XX", "ZZ"]);
const CONTINENTS: ReadonlySet<string> = new Set(["AF", "AN", "AS", "EU", "NA", "OC", "SA"]);

/** A text that stands where a number is expected. */
const DECIMAL = /^-?\d{1,10}(?:\.\d{1,20})?$/;

/**
 * Reads single fields as the contract can hold them. A value that is absent, or that says that something is unknown, is
 * undefined; so is one that cannot be right, and those are counted.
 */
export class FieldReader {
  /** How many of the values that were read so far cannot be right. */
  unusable = 0;
  /** How many of those are codes that are not even two letters, and the first of them. */
  malformedCodes = 0;
  malformedCode: string | undefined;
  readonly #data: DataSection;

  constructor(data: DataSection) {
    this.#data = data;
  }

  /** Counts the value that was opened last as a map, if it is there and none. */
  expectMap(offset: number): void {
    if (offset !== ABSENT && this.#data.mapSize === 0 && !this.#data.isMap(offset)) this.#refuse();
  }

  /** A text that is not a placeholder such as `-`. A text of more than 1,000 bytes cannot be right. */
  text(offset: number): string | undefined {
    if (offset === ABSENT) return undefined;
    const text = this.#data.text(offset);
    if (text === undefined) return this.#data.isEmptyText(offset) ? undefined : this.#refuse();
    return isPlaceholder(text) ? undefined : text;
  }

  /** A whole number from 1 to 2^32 - 1; 0 says that it is unknown. */
  count(offset: number): number | undefined {
    if (offset === ABSENT) return undefined;
    const number = this.#data.number(offset);
    if (number === 0) return undefined;
    return isCount(number) ? number : this.#refuse();
  }

  /** A radius in whole kilometres that fits the Earth; 0 says that it is unknown. */
  radiusKm(offset: number): number | undefined {
    const radiusKm = this.count(offset);
    return radiusKm === undefined || radiusKm <= RADIUS_KM_MAX ? radiusKm : this.#refuse();
  }

  /**
   * The number of an autonomous system, also written as `AS64500` or `64500`; 0 and numbers that no system on the Internet has
   * say that there is none.
   */
  systemNumber(offset: number): number | undefined {
    const number = this.#anySystemNumber(offset);
    return number !== undefined && isPublicSystem(number) ? number : undefined;
  }

  #anySystemNumber(offset: number): number | undefined {
    const text = offset === ABSENT ? undefined : this.#data.text(offset);
    if (text === undefined) return this.count(offset);
    if (isPlaceholder(text)) return undefined;
    const digits = /^(?:AS)?([0-9]{1,10})$/i.exec(text)?.[1];
    const number = Number(digits);
    if (number === 0) return undefined;
    return isCount(number) ? number : this.#refuse();
  }

  /** A number of degrees, also written as a text. Whether it is possible is for the check of places to say. */
  degrees(offset: number): number | undefined {
    if (offset === ABSENT) return undefined;
    const number = this.#data.number(offset) ?? this.#decimal(offset);
    if (number === undefined) return undefined;
    return Number.isFinite(number) ? number : this.#refuse();
  }

  /** A boolean. */
  boolean(offset: number): boolean | undefined {
    if (offset === ABSENT) return undefined;
    return this.#data.boolean(offset) ?? this.#refuse();
  }

  /** A code that is assigned to a country; those that publishers write for no country are unknown. */
  countryCode(offset: number): string | undefined {
    const code = this.text(offset);
    if (code === undefined || NO_COUNTRIES.has(code)) return undefined;
    return isCountryCode(code) ? code : this.#refuseCode(code);
  }

  /** The code of a continent. */
  continentCode(offset: number): string | undefined {
    const code = this.text(offset);
    if (code === undefined || CONTINENTS.has(code)) return code;
    return this.#refuseCode(code);
  }

  #decimal(offset: number): number | undefined {
    const text = this.#data.text(offset);
    if (text === undefined) return this.#data.isEmptyText(offset) ? undefined : this.#refuse();
    if (isPlaceholder(text)) return undefined;
    return DECIMAL.test(text) ? Number(text) : this.#refuse();
  }

  #refuseCode(code: string): undefined {
    if (!/^[A-Z]{2}$/i.test(code)) {
      this.malformedCodes++;
      this.malformedCode ??= code;
    }
    return this.#refuse();
  }

  #refuse(): undefined {
    this.unusable++;
    return undefined;
  }
}

function isCount(number: number | undefined): number is number {
  return Number.isInteger(number) && (number as number) > 0 && (number as number) <= UINT32_MAX;
}
