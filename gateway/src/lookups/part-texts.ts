import type { LocationWriters } from "./location-members.ts";

const NOTHING = new Uint8Array(0);

/** Where the bytes of parts are. Number 0 is no part. */
export interface PartBytes {
  /** The bytes of a part that is no zone: fields of Location. */
  bytesOf(number: number): Uint8Array;
  /** The encoded `timezone` of a zone at a moment, in milliseconds since 1970; the same array for the same second. */
  zoneBytes(number: number, wallMs: number): Uint8Array;
}

interface ZoneText {
  /** What it was written from. */
  readonly bytes: Uint8Array;
  readonly json: string;
}

/** What texts are written with. */
export interface PartTextsDeps {
  readonly parts: PartBytes;
  readonly writers: LocationWriters;
  /** Hears of so many more bytes of texts that are kept; it may have all forgotten. */
  readonly onKept: (bytes: number) => void;
}

/** The JSON members that parts add to a location, for one selection, kept once they were written. */
export class PartTexts {
  readonly #deps: PartTextsDeps;
  readonly #unset: Record<"beforeZone" | "zone" | "afterZone" | "connection" | "security", string>;
  readonly #texts: (string | undefined)[] = [];
  readonly #afterZone: (string | undefined)[] = [];
  readonly #zones: (ZoneText | undefined)[] = [];
  /** Bytes that are kept. */
  bytes = 0;

  constructor(deps: PartTextsDeps) {
    this.#deps = deps;
    const { writers } = deps;
    this.#unset = {
      beforeZone: writers.beforeZone(NOTHING),
      zone: writers.zone(NOTHING),
      afterZone: writers.afterZone(NOTHING),
      connection: writers.connection(NOTHING),
      security: writers.security(NOTHING),
    };
  }

  /** The members of a place before the time zone. */
  beforeZone(number: number): string {
    if (number === 0) return this.#unset.beforeZone;
    return this.#texts[number] ?? this.#keep(this.#texts, number, "beforeZone");
  }

  /** The member of a zone at a moment, in milliseconds since 1970. */
  zone(number: number, wallMs: number): string {
    if (number === 0) return this.#unset.zone;
    const bytes = this.#deps.parts.zoneBytes(number, wallMs);
    const kept = this.#zones[number];
    if (kept?.bytes === bytes) return kept.json;
    const json = this.#deps.writers.zone(bytes);
    place(this.#zones, number, { bytes, json });
    this.#kept(json.length - (kept?.json.length ?? 0));
    return json;
  }

  /** The members of a place after the time zone. */
  afterZone(number: number): string {
    if (number === 0) return this.#unset.afterZone;
    return this.#afterZone[number] ?? this.#keep(this.#afterZone, number, "afterZone");
  }

  /** The member of a connection. */
  connection(number: number): string {
    if (number === 0) return this.#unset.connection;
    return this.#texts[number] ?? this.#keep(this.#texts, number, "connection");
  }

  /** The members from `security` on. */
  security(number: number): string {
    if (number === 0) return this.#unset.security;
    return this.#texts[number] ?? this.#keep(this.#texts, number, "security");
  }

  /** Drops what is kept. */
  forget(): void {
    this.#texts.fill(undefined);
    this.#afterZone.fill(undefined);
    this.#zones.fill(undefined);
    this.bytes = 0;
  }

  #keep(
    texts: (string | undefined)[],
    number: number,
    group: "beforeZone" | "afterZone" | "connection" | "security",
  ): string {
    const json = this.#deps.writers[group](this.#deps.parts.bytesOf(number));
    place(texts, number, json);
    this.#kept(json.length);
    return json;
  }

  #kept(bytes: number): void {
    this.bytes += bytes;
    this.#deps.onKept(bytes);
  }
}

/** Without holes, which would make reading it slow. */
function place<T>(list: (T | undefined)[], at: number, value: T): void {
  while (list.length < at) list.push(undefined);
  list[at] = value;
}
