import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { KINDS } from "./kinds.ts";

const NUMBERS = new Map(KINDS.fields.map(({ name, number }) => [name, number]));

/** The tag of a field of Kinds by its name, or of any by its number. */
export function tag(name: string | number, type: WireType): number[] {
  const number = typeof name === "number" ? name : NUMBERS.get(name);
  if (number === undefined) throw new Error(`Kinds has no ${name}`);
  return [...new BinaryWriter().tag(number, type).finish()];
}

/** A field with its length and bytes. */
export const long = (name: string | number, ...bytes: number[]): number[] => [
  ...tag(name, WireType.LengthDelimited),
  ...new BinaryWriter().uint32(bytes.length).finish(),
  ...bytes,
];

/** A field with the bytes of a varint. */
export const varint = (name: string | number, ...bytes: number[]): number[] => [
  ...tag(name, WireType.Varint),
  ...bytes,
];

/** Text in UTF-8. */
export const text = (value: string): number[] => [...Buffer.from(value)];

/** The field `name` of Inner. */
export const named = (value: string): number[] => long(1, ...text(value));

/** The field `size` of Inner, below 128. */
export const sized = (value: number): number[] => varint(2, value);
