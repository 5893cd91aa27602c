import type { DescField, DescMessage, Message } from "@bufbuild/protobuf";
import {
  type Duration,
  DurationSchema,
  type Timestamp,
  TimestampSchema,
} from "@bufbuild/protobuf/wkt";
import type { FieldProblems } from "./field-problems.ts";

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
 * Undefined for a message that has none. It looks into messages and lists, each kind of message once.
 */
export function compileTimeBounds(desc: DescMessage): CheckTimes | undefined {
  const check = checkOf(desc, new Set());
  return check && ((message, problems) => check(message, "", problems));
}

type CheckAt = (message: Message, path: string, problems: FieldProblems) => void;

function checkOf(desc: DescMessage, above: ReadonlySet<DescMessage>): CheckAt | undefined {
  // A message that contains itself would be looked at without end.
  if (above.has(desc)) return undefined;
  const within = new Set([...above, desc]);
  const checks = desc.fields.flatMap((field) => {
    const { message: inner } = field;
    const check = inner && (leafCheck(inner) ?? checkOf(inner, within));
    return check === undefined || field.fieldKind === "map" ? [] : [fieldCheck(field, check)];
  });
  if (checks.length === 0) return undefined;
  return (message, path, problems) => {
    for (const check of checks) check(message, path, problems);
  };
}

function fieldCheck({ name, localName, oneof }: DescField, check: CheckAt): CheckAt {
  return (message, path, problems) => {
    const values = message as unknown as Record<string, unknown>;
    const value =
      oneof === undefined ? values[localName] : chosen(values[oneof.localName], localName);
    if (value === undefined) return;
    if (!Array.isArray(value)) check(value as Message, `${path}${name}.`, problems);
    else for (const each of value) check(each as Message, `${path}${name}.`, problems);
  };
}

function chosen(oneof: unknown, localName: string): unknown {
  const { case: name, value } = oneof as { case: string | undefined; value?: unknown };
  return name === localName ? value : undefined;
}

function leafCheck({ typeName }: DescMessage): CheckAt | undefined {
  if (typeName === TimestampSchema.typeName) {
    return (message, path, problems) => {
      const { seconds, nanos } = message as Timestamp;
      const isReal = seconds >= TIMESTAMP_SECONDS_MIN && seconds <= TIMESTAMP_SECONDS_MAX;
      if (!isReal || nanos < 0 || nanos >= NANOS_END) {
        problems.add(path.slice(0, -1), "must be a time from the year 1 to 9999");
      }
    };
  }
  if (typeName !== DurationSchema.typeName) return undefined;
  return (message, path, problems) => {
    const { seconds, nanos } = message as Duration;
    const isReal = seconds >= -DURATION_SECONDS_MAX && seconds <= DURATION_SECONDS_MAX;
    const isOneSign = seconds === 0n || nanos === 0 || seconds > 0n === nanos > 0;
    if (!isReal || !isOneSign || Math.abs(nanos) >= NANOS_END) {
      problems.add(path.slice(0, -1), "must be a duration of at most 315,576,000,000 seconds");
    }
  };
}
