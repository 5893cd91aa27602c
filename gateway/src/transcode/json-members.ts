import type { DescOneof } from "@bufbuild/protobuf";
import type { WriteValue } from "./json-value.ts";
import { WireFields } from "./wire-fields.ts";

/** A field ready to be written. */
export interface Member {
  /** The tags that its value may have on the wire, as `wireTag` makes them. A field of another tag is an unknown one. */
  readonly tags: readonly number[];
  /** Its other members are unset where this one comes later. */
  readonly oneof: DescOneof | undefined;
  /**
   * Which of several values on the wire are written: the last; all as one message, as readers of protobuf merge messages; or
   * all, which the writer finds in the whole message that it is given.
   */
  readonly takes: "last" | "merged" | "all";
  /** What stands before a value that is set. */
  readonly key: Buffer;
  /** What stands for the field where it is not set, with its key; empty where nothing does. */
  readonly unset: Buffer;
  readonly write: WriteValue;
}

const MISSING = -1;
const NONE: readonly number[] = [];

/** Where the values of one message were found. */
interface Found {
  readonly fields: WireFields;
  /** MISSING for a field that is not set. */
  readonly starts: Int32Array;
  /** MISSING for a message of several values. */
  readonly ends: Int32Array;
}

/** Writes the first `shown` members of a message, each set or unset. The others only tell what is unset in their oneof. */
export function membersWriter(members: readonly Member[], shown = members.length): WriteValue {
  const indexOf: number[] = [];
  for (const [index, { tags }] of members.entries()) for (const tag of tags) indexOf[tag] = index;
  const rivalsOf = members.map((member) => rivalsIn(members, member));
  // A message may contain another of its type, whose values are found while its own are still to be written.
  const foundAt: Found[] = [];

  return (bytes, start, end, out) => {
    const depth = out.enter();
    foundAt[depth] ??= nothingFound(members.length);
    const { fields, starts, ends } = foundAt[depth];
    starts.fill(MISSING);
    fields.open(bytes, start, end);
    while (fields.next()) {
      const index = indexOf[fields.tag];
      if (index === undefined) continue;
      const { takes } = members[index] as Member;
      const isSecond = takes === "merged" && starts[index] !== MISSING;
      if (!isSecond) starts[index] = takes === "all" ? start : fields.start;
      ends[index] = isSecond ? MISSING : takes === "all" ? end : fields.end;
      const rivals = rivalsOf[index] as readonly number[];
      if (rivals !== NONE) for (const rival of rivals) starts[rival] = MISSING;
    }
    for (let index = 0; index < shown; index++) {
      const { tags, key, unset, write } = members[index] as Member;
      const from = starts[index] as number;
      if (from === MISSING) {
        out.raw(unset);
        continue;
      }
      out.raw(key);
      const to = ends[index] as number;
      if (to !== MISSING) write(bytes, from, to, out);
      else {
        const rivals = rivalsOf[index] as readonly number[];
        const rivalTags = rivals.flatMap((rival) => members[rival]?.tags ?? NONE);
        const merged = mergedValue(bytes.subarray(start, end), tags, rivalTags);
        write(merged, 0, merged.length, out);
      }
    }
    out.leave();
  };
}

function rivalsIn(members: readonly Member[], member: Member): readonly number[] {
  if (member.oneof === undefined) return NONE;
  return [...members.keys()].filter(
    (index) => members[index] !== member && members[index]?.oneof === member.oneof,
  );
}

const nothingFound = (count: number): Found => ({
  fields: new WireFields(),
  starts: new Int32Array(count),
  ends: new Int32Array(count),
});

/** The values of some tags in a message, one after another, which is their merged form; those alone that no rival comes after. */
export function mergedValue(
  message: Buffer,
  tags: readonly number[],
  rivalTags: readonly number[],
): Buffer {
  const fields = new WireFields().open(message, 0, message.length);
  const values: Buffer[] = [];
  while (fields.next()) {
    if (tags.includes(fields.tag)) values.push(message.subarray(fields.start, fields.end));
    else if (rivalTags.includes(fields.tag)) values.length = 0;
  }
  const [first, ...others] = values;
  return first !== undefined && others.length === 0 ? first : Buffer.concat(values);
}
