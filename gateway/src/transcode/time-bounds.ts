import type { DescField, DescMessage, Message } from "@bufbuild/protobuf";
import {
  type Duration,
  DurationSchema,
  type Timestamp,
  TimestampSchema,
} from "@bufbuild/protobuf/wkt";
import { entryPlace } from "./body-run.ts";
import type { FieldProblems } from "./field-problems.ts";
import { slotOf } from "./field-slot.ts";
import { messagesIn } from "./messages-in.ts";

/** 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z, as google.protobuf.Timestamp bounds it. */
const TIMESTAMP_SECONDS_MIN = -62_135_596_800n;
const TIMESTAMP_SECONDS_MAX = 253_402_300_799n;
/** 10,000 years, as google.protobuf.Duration bounds it. */
const DURATION_SECONDS_MAX = 315_576_000_000n;
const NANOS_END = 1_000_000_000;

/** Notes the times and durations of a message that no calendar has. */
export type CheckTimes = (message: Message, problems: FieldProblems) => void;

/**
 * Compiles a check of the times and durations in a message that came in binary, where any number of seconds can stand.
 * Undefined for a message that can have none. It looks into messages, lists, maps and oneofs as deep as they go, which the
 * library bounds, but neither into the bytes of a google.protobuf.Any nor into extensions.
 */
export function compileTimeBounds(desc: DescMessage): CheckTimes | undefined {
  const timed = timedMessages(desc);
  if (!timed.has(desc)) return undefined;
  const checks = new Map<DescMessage, CheckAt>();
  for (const each of timed) checks.set(each, leafCheck(each) ?? messageCheck(each, checks, timed));
  const check = checks.get(desc);
  return check && ((message, problems) => check(message, "", problems));
}

/** Checks a message whose fields have `prefix`: empty, or ends in a dot. */
type CheckAt = (message: Message, prefix: string, problems: FieldProblems) => void;

/** The types of messages in a message, itself among them, that are a time or can have one. */
function timedMessages(desc: DescMessage): ReadonlySet<DescMessage> {
  const all = [desc, ...messagesIn(desc)];
  const timed = new Set(all.filter((each) => leafCheck(each) !== undefined));
  const holdsTimed = ({ fields }: DescMessage) =>
    fields.some(({ message }) => message !== undefined && timed.has(message));
  for (let before = -1; before < timed.size; ) {
    before = timed.size;
    for (const each of all) if (holdsTimed(each)) timed.add(each);
  }
  return timed;
}

function messageCheck(
  desc: DescMessage,
  checks: ReadonlyMap<DescMessage, CheckAt>,
  timed: ReadonlySet<DescMessage>,
): CheckAt {
  const fields = desc.fields.filter(({ message }) => message !== undefined && timed.has(message));
  const each = fields.map((field) => fieldCheck(field, checks));
  return (message, prefix, problems) => {
    for (const check of each) check(message, prefix, problems);
  };
}

function fieldCheck(field: DescField, checks: ReadonlyMap<DescMessage, CheckAt>): CheckAt {
  const { name, message: inner, fieldKind } = field;
  const slot = slotOf(field);
  return (message, prefix, problems) => {
    const value = slot.get(message);
    const check = inner && checks.get(inner);
    if (value === undefined || check === undefined) return;
    const place = `${prefix}${name}`;
    if (fieldKind === "message") check(value as Message, `${place}.`, problems);
    else {
      for (const [key, each] of Object.entries<Message>(value as Record<string, Message>)) {
        const at = fieldKind === "list" ? `${place}[${key}]` : entryPlace(place, key);
        check(each, `${at}.`, problems);
      }
    }
  };
}
/** A time that is the whole message has no name. */
const placeOf = (prefix: string) => prefix.slice(0, -1) || "body";

function leafCheck({ typeName }: DescMessage): CheckAt | undefined {
  if (typeName === TimestampSchema.typeName) {
    return (message, prefix, problems) => {
      const { seconds, nanos } = message as Timestamp;
      const isReal = seconds >= TIMESTAMP_SECONDS_MIN && seconds <= TIMESTAMP_SECONDS_MAX;
      if (!isReal || nanos < 0 || nanos >= NANOS_END) {
        problems.add(placeOf(prefix), "must be a time from the year 1 to 9999");
      }
    };
  }
  if (typeName !== DurationSchema.typeName) return undefined;
  return (message, prefix, problems) => {
    const { seconds, nanos } = message as Duration;
    const isReal = seconds >= -DURATION_SECONDS_MAX && seconds <= DURATION_SECONDS_MAX;
    const isOneSign = seconds === 0n || nanos === 0 || seconds > 0n === nanos > 0;
    if (!isReal || !isOneSign || Math.abs(nanos) >= NANOS_END) {
      problems.add(placeOf(prefix), "must be a duration of at most 315,576,000,000 seconds");
    }
  };
}
