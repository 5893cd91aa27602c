import { hash } from "node:crypto";
import { LocationSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_pb";
import { PartSchema } from "@geomesh/proto/es/geomesh/geo/v1/lookup_service_pb";
import { DEFAULT_SELECTION, type Selection } from "@geomesh/terms/selection";
import { readVarint32, WireFields } from "../transcode/wire-fields.ts";
import { PLACE_FIELDS, writersOf } from "./location-members.ts";
import { PartTexts } from "./part-texts.ts";
import { ZoneMember } from "./zone-member.ts";

/** The most that the contract allows. */
const PART_BYTES_MAX = 4096;
const CHUNK_BYTES = 256 * 1024;
const INITIAL_PARTS = 1024;
/** Selections beside the default one whose texts are kept. Where one more would be too many, theirs are forgotten first. */
const SELECTIONS_MAX = 16;
const TAG_CHARS = 11;

const { number: NUMBER, place, zone, connection, security } = PartSchema.field;
const LOCATION = LocationSchema.field;
const NOTHING = new Uint8Array(0);

/** What a part may be used for, by its field number in Part; a special-purpose place is told from the others. */
export const PART_KIND = {
  place: place.number,
  zone: zone.number,
  connection: connection.number,
  security: security.number,
  special: 0xff,
};

/** The fields of Location that each kind may have. */
const FIELDS_OF_KIND: ReadonlyMap<number, ReadonlySet<number>> = new Map([
  [PART_KIND.place, PLACE_FIELDS],
  [PART_KIND.connection, new Set([LOCATION.connection.number])],
  [PART_KIND.security, new Set([LOCATION.security.number])],
]);

/** How much a table keeps. */
export interface PartTableOptions {
  /** Most parts, of at most 4,096 bytes each. */
  readonly partsMax: number;
  /** Most bytes of JSON that are kept. Where one more text would exceed them, all others are forgotten first. */
  readonly renderedBytesMax: number;
}

/**
 * The parts of one generation by number, and the JSON members of those that were used, for each selection. Number 0 is no part: its members are
 * unset. Parts lie in flat memory.
 */
export class PartTable {
  readonly #options: PartTableOptions;
  readonly #fields = new WireFields();
  #count = 0;
  #chunks: Buffer[] = [];
  #used = CHUNK_BYTES;
  #kinds = new Uint8Array(INITIAL_PARTS);
  /** Of a zone: its index in `#zones`. */
  #positions = new Uint32Array(INITIAL_PARTS);
  #lengths = new Uint16Array(INITIAL_PARTS);
  readonly #zones: ZoneMember[] = [];
  readonly #tags: (string | undefined)[] = [];
  readonly #defaultTexts = this.#newTexts(DEFAULT_SELECTION);
  /** Of other selections, by their keys. */
  readonly #texts = new Map<string, PartTexts>();
  #textBytes = 0;

  constructor(options: PartTableOptions) {
    this.#options = options;
  }

  /**
   * Keeps a copy of the Part at these offsets. Errors: Error for a number that is not the next, for more parts than there may
   * be, and for a part that the contract does not know.
   */
  define(bytes: Buffer, start: number, end: number): void {
    const fields = this.#fields.open(bytes, start, end);
    let [number, kind, from, to] = [0, 0, 0, 0];
    while (fields.next()) {
      if (fields.number === NUMBER.number) number = readVarint32(bytes, fields.start);
      else [kind, from, to] = [fields.number, fields.start, fields.end];
    }
    if (number !== this.#count + 1) {
      throw new Error(`geo sent part ${number} where ${this.#count + 1} is next`);
    }
    if (number > this.#options.partsMax) throw new Error("geo sent more parts than are kept");
    if (to - from > PART_BYTES_MAX) throw new Error(`geo sent a part of ${to - from} bytes`);
    if (number === this.#kinds.length) this.#grow();
    if (kind === PART_KIND.zone) this.#addZone(number, bytes.subarray(from, to));
    else this.#add(number, this.#checkedKind(kind, bytes, from, to), bytes, from, to);
    this.#count = number;
  }

  /** Bytes of JSON that are kept. */
  get renderedBytes(): number {
    return this.#textBytes;
  }

  /** The kind of a part: 0 for a number that no part has. */
  kindOf(number: number): number {
    return number <= this.#count ? (this.#kinds[number] as number) : 0;
  }

  /** Whether a part is a place, special-purpose ones included. */
  isPlace(number: number): boolean {
    const kind = this.kindOf(number);
    return kind === PART_KIND.place || kind === PART_KIND.special;
  }

  /** The bytes of a part that is no zone: fields of Location. Valid while the table is. */
  bytesOf(number: number): Uint8Array {
    if (number === 0) return NOTHING;
    const position = this.#positions[number] as number;
    const start = position % CHUNK_BYTES;
    const chunk = this.#chunks[(position - start) / CHUNK_BYTES] as Buffer;
    return chunk.subarray(start, start + (this.#lengths[number] as number));
  }

  /** The encoded `timezone` of a zone at a moment, in milliseconds since 1970. */
  zoneBytes(number: number, wallMs: number): Uint8Array {
    return number === 0 ? NOTHING : this.#zoneAt(number).at(wallMs).bytes;
  }

  /** What a part is but for the clock, in a short text: equal texts are the same content, whatever the generation. */
  tagOf(number: number, wallMs: number): string {
    if (number === 0) return "";
    if (this.kindOf(number) === PART_KIND.zone) return this.#zoneAt(number).stateAt(wallMs);
    const kept = this.#tags[number];
    if (kept !== undefined) return kept;
    const tag = hash("sha256", this.bytesOf(number), "base64url").slice(0, TAG_CHARS);
    while (this.#tags.length < number) this.#tags.push(undefined);
    this.#tags[number] = tag;
    return tag;
  }

  /** The JSON members of its parts for a selection. */
  textsOf(selection: Selection): PartTexts {
    if (selection === DEFAULT_SELECTION) return this.#defaultTexts;
    const known = this.#texts.get(selection.key);
    if (known !== undefined) return known;
    if (this.#texts.size >= SELECTIONS_MAX) this.#forgetTexts();
    const texts = this.#newTexts(selection);
    this.#texts.set(selection.key, texts);
    return texts;
  }

  #newTexts(selection: Selection): PartTexts {
    const onKept = (bytes: number) => this.#kept(bytes);
    return new PartTexts({ parts: this, writers: writersOf(selection), onKept });
  }

  /** Counts texts that are kept, and forgets all where they become too much. */
  #kept(bytes: number): void {
    this.#textBytes += bytes;
    if (this.#textBytes <= this.#options.renderedBytesMax) return;
    this.#forgetTexts();
    this.#defaultTexts.forget();
    this.#textBytes = 0;
  }

  #forgetTexts(): void {
    for (const texts of this.#texts.values()) this.#textBytes -= texts.bytes;
    this.#texts.clear();
  }

  #zoneAt(number: number): ZoneMember {
    return this.#zones[this.#positions[number] as number] as ZoneMember;
  }

  #addZone(number: number, encoded: Uint8Array): void {
    this.#kinds[number] = PART_KIND.zone;
    this.#positions[number] = this.#zones.length;
    this.#zones.push(new ZoneMember(encoded));
  }

  #add(number: number, kind: number, bytes: Buffer, from: number, to: number): void {
    if (this.#used + to - from > CHUNK_BYTES) {
      this.#chunks.push(Buffer.allocUnsafeSlow(CHUNK_BYTES));
      this.#used = 0;
    }
    const chunk = this.#chunks.length - 1;
    bytes.copy(this.#chunks[chunk] as Buffer, this.#used, from, to);
    this.#kinds[number] = kind;
    this.#positions[number] = chunk * CHUNK_BYTES + this.#used;
    this.#lengths[number] = to - from;
    this.#used += to - from;
  }

  #checkedKind(kind: number, bytes: Buffer, from: number, to: number): number {
    const allowed = FIELDS_OF_KIND.get(kind);
    if (allowed === undefined) throw new Error("geo sent a part of an unknown kind");
    const fields = this.#fields.open(bytes, from, to);
    let found = kind;
    while (fields.next()) {
      if (!allowed.has(fields.number)) throw new Error("geo sent a part with fields of another");
      if (fields.number === LOCATION.specialPurpose.number) found = PART_KIND.special;
    }
    return found;
  }

  #grow(): void {
    const size = this.#kinds.length * 2;
    const [kinds, positions] = [new Uint8Array(size), new Uint32Array(size)];
    const lengths = new Uint16Array(size);
    kinds.set(this.#kinds);
    positions.set(this.#positions);
    lengths.set(this.#lengths);
    [this.#kinds, this.#positions, this.#lengths] = [kinds, positions, lengths];
  }
}
